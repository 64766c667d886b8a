import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keys import b64
from keys.errors import CustodyError, KeyRefused, OpenFailed
from keys.jwk import SigningKey, Usage, VerifyKey, load_private, save_private

MakeKey = Callable[..., SigningKey]


def test_the_key_id_is_the_thumbprint_of_rfc_8037_appendix_a() -> None:
    seed = b64.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    key = SigningKey(seed, Usage.SEAL)
    assert b64.encode(key.public.raw) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("usage", list(Usage))
def test_both_halves_come_back_from_their_jwk(make_key: MakeKey, usage: Usage) -> None:
    key = make_key(usage)
    assert SigningKey.from_private_jwk(key.to_private_jwk()) == key
    public = VerifyKey.from_jwk(key.public.to_jwk())
    assert public == key.public
    public.verify(key.sign(b"text"), b"text")


def test_a_public_jwk_holds_no_private_member(make_key: MakeKey) -> None:
    key = make_key(Usage.SEAL)
    assert "d" not in key.public.to_jwk()
    assert b64.encode(key.seed) not in repr(key)
    assert repr(key.seed) not in repr(key)


def _changed(jwk: dict[str, Any], member: str, value: object) -> dict[str, Any]:
    return {**jwk, member: value}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("kty", "EC"),
        ("kty", "oct"),
        ("crv", "Ed448"),
        ("crv", "X25519"),
        ("alg", "HS256"),
        ("alg", "none"),
        ("alg", ["EdDSA"]),
        ("alg", None),
        ("use", "enc"),
        ("key_ops", ["sign"]),
        ("key_ops", ["verify", "sign"]),
        ("key_ops", []),
        ("key_ops", "verify"),
        ("kid", "another"),
        ("kid", 7),
        ("kelisim_usage", "everything"),
        ("kelisim_usage", "SEAL"),
        ("kelisim_usage", ["seal"]),
        ("x", 5),
        ("x", ""),
        ("x", "AAAA"),
        ("d", "AAAA"),
        ("x5c", []),
        ("jku", "https://example.org"),
    ],
)
def test_a_public_jwk_with_another_member_or_value_is_refused(
    make_key: MakeKey, member: str, value: object
) -> None:
    with pytest.raises(KeyRefused):
        VerifyKey.from_jwk(_changed(make_key(Usage.SEAL).public.to_jwk(), member, value))


@pytest.mark.parametrize("member", ["kty", "crv", "alg", "use", "key_ops", "x", "kid", "kelisim_usage"])
def test_a_public_jwk_without_a_member_is_refused(make_key: MakeKey, member: str) -> None:
    jwk = make_key(Usage.SEAL).public.to_jwk()
    del jwk[member]
    with pytest.raises(KeyRefused):
        VerifyKey.from_jwk(jwk)


def test_padded_or_stray_bits_in_x_are_refused(make_key: MakeKey) -> None:
    jwk = make_key(Usage.SEAL).public.to_jwk()
    x = str(jwk["x"])
    last = chr(ord(x[-1]) + 1)
    for bad in (x + "=", x + "\n", x[:-1], x + "A", x[:-1] + last):
        with pytest.raises(KeyRefused):
            VerifyKey.from_jwk(_changed(jwk, "x", bad))


def test_a_private_jwk_whose_halves_do_not_fit_is_refused(make_key: MakeKey) -> None:
    one, two = make_key(Usage.SEAL), make_key(Usage.SEAL, "two")
    with pytest.raises(KeyRefused):
        SigningKey.from_private_jwk(one.to_private_jwk() | {"d": b64.encode(two.seed)})
    with pytest.raises(KeyRefused):
        SigningKey.from_private_jwk(one.to_private_jwk() | {"x": b64.encode(two.public.raw)})
    with pytest.raises(KeyRefused):
        SigningKey.from_private_jwk(one.public.to_jwk())
    with pytest.raises(KeyRefused):
        SigningKey(bytes(31), Usage.SEAL)


def _small_order_points() -> list[bytes]:
    p = 2**255 - 19
    y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    return [y.to_bytes(32, "little") for y in (0, 1, p - 1, y8, p - y8)]


@pytest.mark.parametrize("raw", _small_order_points(), ids=lambda raw: raw.hex()[:8])
def test_keys_that_fit_signatures_nobody_made_are_refused(raw: bytes) -> None:
    forged = (1).to_bytes(32, "little") + bytes(32)
    fits = 0
    for number in range(64):
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(forged, b"%d" % number)
            fits += 1
        except InvalidSignature:
            pass
    assert fits > 0, "the point is not of small order after all"
    with pytest.raises(KeyRefused):
        VerifyKey(raw, Usage.SEAL)


def test_a_signature_does_not_verify_elsewhere(make_key: MakeKey) -> None:
    key = make_key(Usage.SEAL)
    signature = key.sign(b"text")
    order = 2**252 + 27742317777372353535851937790883648493
    grown = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    for bad, message in (
        (signature, b"texT"),
        (signature[:-1], b"text"),
        (signature + b"\0", b"text"),
        (b"", b"text"),
        (bytes(64), b"text"),
        (signature[:32] + grown, b"text"),
    ):
        with pytest.raises(OpenFailed):
            key.public.verify(bad, message)
    with pytest.raises(OpenFailed):
        make_key(Usage.SEAL, "two").public.verify(signature, b"text")


def test_private_files_come_back_and_are_the_owners_alone(tmp_path: Path, make_key: MakeKey) -> None:
    key, path = make_key(Usage.ADMIN), tmp_path / "admin.jwk"
    save_private(path, key, None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_private(path, None) == key
    assert list(tmp_path.iterdir()) == [path]


def test_private_files_under_a_passphrase(tmp_path: Path, make_key: MakeKey) -> None:
    key, path = make_key(Usage.OFFICIAL), tmp_path / "head.jwk"
    save_private(path, key, "длинная фраза")
    assert b64.encode(key.seed).encode() not in path.read_bytes()
    assert load_private(path, "длинная фраза") == key
    with pytest.raises(CustodyError):
        load_private(path, "another phrase")
    with pytest.raises(CustodyError):
        load_private(path, None)


def test_private_files_that_are_exposed_missing_or_something_else_are_refused(
    tmp_path: Path, make_key: MakeKey
) -> None:
    key, path = make_key(Usage.SEAL), tmp_path / "seal.jwk"
    save_private(path, key, None)
    with pytest.raises(CustodyError):
        save_private(path, key, None)
    with pytest.raises(CustodyError):
        load_private(path, "a passphrase it is not under")
    with pytest.raises(CustodyError):
        load_private(tmp_path / "missing.jwk", None)
    with pytest.raises(CustodyError):
        load_private(tmp_path, None)
    link = tmp_path / "link.jwk"
    link.symlink_to(path)
    with pytest.raises(CustodyError):
        load_private(link, None)
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(CustodyError):
            load_private(path, None)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"-----BEGIN PRIVATE KEY-----", b"x" * 70_000])
def test_private_files_of_another_shape_are_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "seal.jwk"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises((KeyRefused, CustodyError)):
        load_private(path, None)
