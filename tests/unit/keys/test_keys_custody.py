import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from keys import locked, wrapping
from keys.custody import Custody, FileCustody, create_key_file
from keys.encryption import EncryptionPrivateKey
from keys.errors import CustodyError
from keys.jwk import SigningKey, Usage

STORE_KEY = bytes(range(32))
MakeKey = Callable[..., SigningKey]
MakeEncryptionKey = Callable[..., EncryptionPrivateKey]


def test_keys_come_back_in_a_later_process(
    tmp_path: Path, make_key: MakeKey, make_encryption_key: MakeEncryptionKey
) -> None:
    folder, seal, epoch = tmp_path / "keys", make_key(Usage.SEAL), make_encryption_key()
    custody: Custody = FileCustody(folder, STORE_KEY)
    custody.store_signing_key("seal", seal)
    custody.store_encryption_key(epoch, 5000)
    custody.store_secret("cases", bytes(32))
    later = FileCustody(folder, STORE_KEY)
    assert later.signing_key("seal") == seal
    assert later.encryption_key(epoch.kid) == epoch
    assert later.encryption_kids() == (epoch.kid,)
    assert later.secret("cases") == bytes(32)


def test_files_are_the_owners_alone_and_hold_no_plain_secret(tmp_path: Path, make_key: MakeKey) -> None:
    folder, seal = tmp_path / "keys", make_key(Usage.SEAL)
    FileCustody(folder, STORE_KEY).store_signing_key("seal", seal)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert seal.kid.encode() not in file.read_bytes()


def test_no_key_is_written_over_another(
    tmp_path: Path, make_key: MakeKey, make_encryption_key: MakeEncryptionKey
) -> None:
    custody = FileCustody(tmp_path / "keys", STORE_KEY)
    custody.store_signing_key("seal", make_key(Usage.SEAL))
    custody.store_encryption_key(make_encryption_key(), 1)
    custody.store_secret("cases", bytes(32))
    with pytest.raises(CustodyError):
        custody.store_signing_key("seal", make_key(Usage.SEAL, "two"))
    with pytest.raises(CustodyError):
        custody.store_encryption_key(make_encryption_key(), 2)
    with pytest.raises(CustodyError):
        custody.store_secret("cases", bytes(32))
    assert FileCustody(tmp_path / "keys", STORE_KEY).signing_key("seal") == make_key(Usage.SEAL)


def test_another_store_key_opens_nothing(
    tmp_path: Path, make_key: MakeKey, make_encryption_key: MakeEncryptionKey
) -> None:
    custody, epoch = FileCustody(tmp_path / "keys", STORE_KEY), make_encryption_key()
    custody.store_signing_key("seal", make_key(Usage.SEAL))
    custody.store_encryption_key(epoch, 1)
    custody.store_secret("cases", bytes(32))
    other = FileCustody(tmp_path / "keys", bytes(32))
    for ask in (
        lambda: other.signing_key("seal"),
        lambda: other.encryption_key(epoch.kid),
        lambda: other.secret("cases"),
        lambda: other.destroy_encryption_keys(10),
    ):
        with pytest.raises(CustodyError):
            ask()
    assert custody.encryption_kids() == (epoch.kid,)


def test_files_cannot_be_exchanged_or_changed(tmp_path: Path) -> None:
    custody, folder = FileCustody(tmp_path / "keys", STORE_KEY), tmp_path / "keys"
    custody.store_secret("one", bytes(32))
    custody.store_secret("two", bytes([1]) * 32)
    one, two = folder / "secret.one.key", folder / "secret.two.key"
    good = two.read_bytes()
    two.write_bytes(one.read_bytes())
    with pytest.raises(CustodyError):
        custody.secret("two")
    for bad in (b"", good[:-1], good + b"\0", good[:-1] + bytes([good[-1] ^ 1]), good[:20], b"x" + good):
        two.write_bytes(bad)
        with pytest.raises(CustodyError):
            custody.secret("two")
    two.write_bytes(good)
    assert custody.secret("two") == bytes([1]) * 32


def test_a_secret_is_not_taken_for_a_signing_key(tmp_path: Path) -> None:
    custody, folder = FileCustody(tmp_path / "keys", STORE_KEY), tmp_path / "keys"
    custody.store_secret("seal", bytes(32))
    (folder / "secret.seal.key").rename(folder / "signing.seal.key")
    with pytest.raises(CustodyError):
        custody.signing_key("seal")


def test_keys_are_destroyed_when_their_time_has_come_and_not_before(
    tmp_path: Path, make_encryption_key: MakeEncryptionKey
) -> None:
    old, new = make_encryption_key("old"), make_encryption_key("new")
    custody = FileCustody(tmp_path / "keys", STORE_KEY)
    custody.store_encryption_key(old, 1000)
    custody.store_encryption_key(new, 2000)
    assert custody.destroy_encryption_keys(999) == ()
    assert custody.encryption_key(old.kid) == old
    assert custody.destroy_encryption_keys(1000) == (old.kid,)
    assert custody.encryption_key(old.kid) is None
    assert FileCustody(tmp_path / "keys", STORE_KEY).encryption_key(old.kid) is None
    assert custody.encryption_kids() == (new.kid,)
    assert len(list((tmp_path / "keys").iterdir())) == 1


def test_an_interrupted_destruction_is_finished_at_the_next_start(
    tmp_path: Path, make_encryption_key: MakeEncryptionKey
) -> None:
    folder, key = tmp_path / "keys", make_encryption_key()
    FileCustody(folder, STORE_KEY).store_encryption_key(key, 1000)
    (file,) = folder.iterdir()
    file.rename(file.with_suffix(".doomed"))
    assert FileCustody(folder, STORE_KEY).encryption_key(key.kid) is None
    assert list(folder.iterdir()) == []


def test_unknown_keys_and_names_that_are_not_names(tmp_path: Path) -> None:
    custody = FileCustody(tmp_path / "keys", STORE_KEY)
    assert custody.encryption_key("A" * 22) is None
    with pytest.raises(CustodyError):
        custody.signing_key("seal")
    for name in ("../seal", "a/b", "/", "a\0", "a\n", "x" * 80, "ключ"):
        with pytest.raises(CustodyError):
            custody.store_secret(name, bytes(32))
        with pytest.raises(CustodyError):
            custody.encryption_key(name)
    with pytest.raises(CustodyError):
        custody.store_secret("short", bytes(31))


def test_exposed_stores_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    custody = FileCustody(folder, STORE_KEY)
    custody.store_secret("cases", bytes(32))
    (folder / "secret.cases.key").chmod(0o644)
    with pytest.raises(CustodyError):
        custody.secret("cases")
    folder.chmod(0o755)
    with pytest.raises(CustodyError):
        FileCustody(folder, STORE_KEY)
    with pytest.raises(CustodyError):
        FileCustody(tmp_path / "other", bytes(31))


def test_a_store_under_a_key_file(tmp_path: Path) -> None:
    key_file = tmp_path / "store.key"
    create_key_file(key_file)
    with pytest.raises(CustodyError):
        create_key_file(key_file)
    FileCustody.with_key_file(tmp_path / "keys", key_file).store_secret("cases", bytes(32))
    assert FileCustody.with_key_file(tmp_path / "keys", key_file).secret("cases") == bytes(32)
    key_file.chmod(0o644)
    with pytest.raises(CustodyError):
        FileCustody.with_key_file(tmp_path / "keys", key_file)


def test_a_store_under_a_passphrase(tmp_path: Path) -> None:
    FileCustody.with_passphrase(tmp_path / "keys", "a phrase").store_secret("cases", bytes(32))
    assert FileCustody.with_passphrase(tmp_path / "keys", "a phrase").secret("cases") == bytes(32)
    with pytest.raises(CustodyError):
        FileCustody.with_passphrase(tmp_path / "keys", "b phrase").secret("cases")
    with pytest.raises(CustodyError):
        FileCustody.with_passphrase(tmp_path / "keys", "")


def test_locked_secrets_are_bound_to_key_and_name() -> None:
    box = locked.lock(STORE_KEY, "one", b"secret", lambda length: bytes(length))
    assert locked.unlock(STORE_KEY, "one", box) == b"secret"
    for key, name, bad in (
        (bytes(32), "one", box),
        (STORE_KEY, "two", box),
        (STORE_KEY, "one", box[:-1]),
        (STORE_KEY, "one", box[:16]),
        (STORE_KEY, "one", b""),
        (bytes(16), "one", box),
    ):
        with pytest.raises(CustodyError):
            locked.unlock(key, name, bad)
    with pytest.raises(CustodyError):
        locked.unlock_with_passphrase("phrase", "one", box)


def test_wrapped_keys_fit_rfc_3394_section_4_6() -> None:
    kek = bytes.fromhex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")
    key = bytes.fromhex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
    wrapped = wrapping.wrap_key(kek, key)
    assert wrapped.hex().upper() == (
        "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"
    )
    assert wrapping.unwrap_key(kek, wrapped) == key


def test_wrapped_keys_that_were_changed_do_not_open() -> None:
    kek = bytes(32)
    wrapped = wrapping.wrap_key(kek, STORE_KEY)
    flipped = [wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :] for at in range(len(wrapped))]
    for bad in (b"", wrapped[:-1], wrapped[:-8], wrapped + bytes(8), *flipped):
        with pytest.raises(CustodyError):
            wrapping.unwrap_key(kek, bad)
    with pytest.raises(CustodyError):
        wrapping.unwrap_key(STORE_KEY, wrapped)
    for short in (b"", bytes(16), bytes(31)):
        with pytest.raises(CustodyError):
            wrapping.wrap_key(short, STORE_KEY)
        with pytest.raises(CustodyError):
            wrapping.wrap_key(kek, short)


def test_derived_keys_differ_by_secret_label_and_every_piece_of_context() -> None:
    derived = [
        wrapping.derive(STORE_KEY, "case", b"one"),
        wrapping.derive(bytes(32), "case", b"one"),
        wrapping.derive(STORE_KEY, "subject", b"one"),
        wrapping.derive(STORE_KEY, "case", b"two"),
        wrapping.derive(STORE_KEY, "case", b"on", b"e"),
        wrapping.derive(STORE_KEY, "case"),
        wrapping.derive(STORE_KEY, "case", b"one", b""),
    ]
    assert len(set(derived)) == len(derived)
    assert all(len(key) == 32 for key in derived)
    assert derived[0] == wrapping.derive(STORE_KEY, "case", b"one")
    with pytest.raises(CustodyError):
        wrapping.derive(b"short", "case")


def test_keyed_digests_fit_rfc_4231_and_need_a_whole_key() -> None:
    # Test case 1 has a key of 20 bytes; HMAC pads it with zeros, so 32 bytes give the same digest.
    key = bytes.fromhex("0b" * 20) + bytes(12)
    digest = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert wrapping.keyed_digest(key, b"Hi There").hex() == digest
    with pytest.raises(CustodyError):
        wrapping.keyed_digest(bytes.fromhex("0b" * 20), b"Hi There")
