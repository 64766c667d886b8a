from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import canonical, envelope
from keys.encryption import PUBLIC_BYTES, EncryptionPrivateKey, EncryptionPublicKey
from keys.envelope import (
    OpenedHeader,
    SealedHeader,
    begin_open,
    begin_seal,
    open_part,
    seal_part,
    stream_part,
)
from keys.errors import CustodyError, KeyRefused, OpenFailed, SealError
from keys.header import read_header
from keys.signature_block import decode_part0, encode_part0
from keys.streams import PartDecryptor, open_stored_part, part_decryptor
from keys.suites import SUITE_1, SUITES, suite_of

ID = "0190c2f4-7d1e-4a52-9b1f-0123456789ab"
KEY = EncryptionPrivateKey(bytes(range(96)))
OTHER = EncryptionPrivateKey(bytes(range(1, 97)))
PARTS = (b"signatures", bytes(16) + b"body", bytes(16) + b"x" * 40_000)


def fixed(length: int) -> bytes:
    return bytes(range(length))


def sealed_message(recipient: str = "ru/mvd") -> tuple[SealedHeader, list[bytes]]:
    sealed = begin_seal(recipient, KEY.public, ID, [len(part) for part in PARTS], fixed)
    return sealed, [seal_part(sealed, index, part) for index, part in enumerate(PARTS)]


def own_key(kid: str) -> EncryptionPrivateKey | None:
    return KEY if kid == KEY.kid else None


def opened(sealed: SealedHeader) -> OpenedHeader:
    return begin_open(sealed.header, sealed.wrap, "ru/mvd", own_key)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_what_was_sealed_opens() -> None:
    sealed, parts = sealed_message()
    message = opened(sealed)
    assert [open_part(message, index, part) for index, part in enumerate(parts)] == list(PARTS)
    assert message.clear.envelope_id == ID
    assert sealed.header == canonical.encode(
        {
            "v": 1,
            "suite": 1,
            "envelope": ID,
            "recipient_key": KEY.kid,
            "parts": [len(part) for part in PARTS],
        }
    )


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 32767, 32768, 32769, 100_000])
def test_the_ciphertext_has_the_length_said_beforehand(size: int) -> None:
    sealed = begin_seal("ru/mvd", KEY.public, ID, [size], fixed)
    part = seal_part(sealed, 0, bytes(size))
    assert len(part) == SUITE_1.ciphertext_length(size)
    assert open_part(opened(sealed), 0, part) == bytes(size)


@given(st.integers(0, 50_000), st.lists(st.integers(1, 20_000), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_streams_cut_anywhere_give_the_same_part(size: int, cuts: list[int]) -> None:
    plain = (b"0123456789" * 5001)[:size]
    sealed = begin_seal("ru/mvd", KEY.public, ID, [size], fixed)
    encryptor, decryptor = envelope.part_encryptor(sealed, 0), stream_part(opened(sealed), 0)
    ciphertext = b"".join(encryptor.update(piece) for piece in _cut(plain, cuts)) + encryptor.finalize()
    assert len(ciphertext) == SUITE_1.ciphertext_length(size)
    assert (
        b"".join(decryptor.update(piece) for piece in _cut(ciphertext, cuts)) + decryptor.finalize() == plain
    )


def _cut(data: bytes, lengths: list[int]) -> list[bytes]:
    pieces, at, turn = [], 0, 0
    while at < len(data):
        length = lengths[turn % len(lengths)]
        pieces.append(data[at : at + length])
        at, turn = at + length, turn + 1
    return pieces


def test_streams_write_into_the_callers_buffer() -> None:
    sealed = begin_seal("ru/mvd", KEY.public, ID, [20_000], fixed)
    encryptor, buffer = envelope.part_encryptor(sealed, 0), bytearray(60_000)
    length = encryptor.update_into(b"y" * 20_000, buffer)
    ciphertext = bytes(buffer[:length]) + encryptor.finalize()
    decryptor = stream_part(opened(sealed), 0)
    length = decryptor.update_into(ciphertext, buffer)
    assert bytes(buffer[:length]) + decryptor.finalize() == b"y" * 20_000


def test_a_stored_part_opens_with_its_key_and_the_header_hash_alone() -> None:
    sealed, parts = sealed_message()
    message = opened(sealed)
    key, digest = message.part_key(2), message.clear.digest
    assert open_stored_part(SUITE_1, key, digest, 2, parts[2]) == PARTS[2]
    for bad_key, bad_digest, index in (
        (message.part_key(1), digest, 2),
        (key, flipped(digest, 0), 2),
        (key, digest, 1),
        (key[:-1], digest, 2),
    ):
        with pytest.raises(OpenFailed):
            open_stored_part(SUITE_1, bad_key, bad_digest, index, parts[2])


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_byte_changed_in_any_region_of_a_part_is_refused(index: int) -> None:
    sealed, parts = sealed_message()
    message, part = opened(sealed), parts[index]
    regions = {
        0,
        23,
        24,
        55,
        56,
        71,
        72,
        16_400,
        16_456,
        16_472,
        len(part) // 2,
        len(part) - 17,
        len(part) - 16,
    }
    for at in sorted({at for at in regions if at < len(part)} | {len(part) - 1}):
        with pytest.raises(OpenFailed):
            open_part(message, index, flipped(part, at))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_truncated_or_extended_parts_are_refused_whole_and_streamed(index: int) -> None:
    sealed, parts = sealed_message()
    message, part = opened(sealed), parts[index]
    for bad in (
        b"",
        part[:1],
        part[:56],
        part[:-1],
        part[:-16],
        part[: 56 + 16_400],
        part + b"\0",
        part + part,
    ):
        if bad == part:
            continue
        with pytest.raises(OpenFailed):
            open_part(message, index, bad)
        with pytest.raises(OpenFailed):
            _drain(stream_part(message, index), bad)
        with pytest.raises(OpenFailed):
            open_stored_part(SUITE_1, message.part_key(index), message.clear.digest, index, bad)


def _drain(decryptor: PartDecryptor, data: bytes) -> bytes:
    return (
        b"".join(decryptor.update(data[at : at + 700]) for at in range(0, len(data), 700))
        + decryptor.finalize()
    )


def test_chunks_of_a_part_cannot_be_reordered() -> None:
    sealed = begin_seal("ru/mvd", KEY.public, ID, [40_000], fixed)
    part = seal_part(sealed, 0, b"z" * 40_000)
    head, one, two, rest = part[:56], part[56:16_456], part[16_456:32_856], part[32_856:]
    for bad in (head + two + one + rest, head + one + one + rest, head + one + rest, head + two + rest):
        with pytest.raises(OpenFailed):
            open_stored_part(SUITE_1, sealed.part_key(0), sealed.clear.digest, 0, bad)


def test_a_decryptor_that_failed_stays_failed() -> None:
    sealed, parts = sealed_message()
    message = opened(sealed)
    decryptor = stream_part(message, 2)
    with pytest.raises(OpenFailed):
        _drain(decryptor, flipped(parts[2], 100))
    for _ in range(2):
        with pytest.raises(OpenFailed):
            decryptor.update(parts[2])
        with pytest.raises(OpenFailed):
            decryptor.update_into(parts[2], bytearray(80_000))
        with pytest.raises(OpenFailed):
            decryptor.finalize()
    ended = stream_part(message, 0)
    ended.update(parts[0])
    ended.finalize()
    with pytest.raises(OpenFailed):
        ended.finalize()


def test_parts_cannot_be_swapped_within_or_between_envelopes() -> None:
    sizes = [20, 20]
    one = begin_seal("ru/mvd", KEY.public, ID, sizes, fixed)
    two = begin_seal("ru/mvd", KEY.public, ID.replace("0190", "0191"), sizes, fixed)
    first, second = seal_part(one, 0, b"a" * 20), seal_part(one, 1, b"b" * 20)
    message = opened(one)
    for index, part in ((0, second), (1, first), (0, seal_part(two, 0, b"a" * 20))):
        with pytest.raises(OpenFailed):
            open_part(message, index, part)


def test_an_envelope_for_somebody_else_does_not_open() -> None:
    sealed, _ = sealed_message()
    with pytest.raises(OpenFailed):
        begin_open(sealed.header, sealed.wrap, "ru/gp", own_key)
    with pytest.raises(OpenFailed):
        begin_open(sealed.header, sealed.wrap, "ru/mvd", lambda _: OTHER)
    with pytest.raises(OpenFailed):
        begin_open(sealed.header, sealed.wrap, "ru/mvd", lambda _: None)


def test_an_envelope_cannot_be_readdressed_by_its_header() -> None:
    sealed, _ = sealed_message()
    header = sealed.header.replace(KEY.kid.encode(), OTHER.kid.encode())
    assert header != sealed.header
    for key in (KEY, OTHER):
        with pytest.raises(OpenFailed):
            begin_open(header, sealed.wrap, "ru/mvd", lambda _, key=key: key)


def test_a_key_store_that_fails_looks_like_any_other_failure() -> None:
    sealed, _ = sealed_message()

    def broken(kid: str) -> EncryptionPrivateKey | None:
        raise CustodyError(f"{kid} is damaged")

    with pytest.raises(OpenFailed) as caught:
        begin_open(sealed.header, sealed.wrap, "ru/mvd", broken)
    assert str(caught.value) == "could not be opened or verified"
    assert isinstance(caught.value.__cause__, CustodyError)


@pytest.mark.parametrize("at", [0, 500, 1087, 1088, 1119, 1120, 1151, 1152, 1167])
def test_a_byte_changed_in_any_region_of_the_wrap_is_refused(at: int) -> None:
    sealed, _ = sealed_message()
    with pytest.raises(OpenFailed):
        begin_open(sealed.header, flipped(sealed.wrap, at), "ru/mvd", own_key)


def test_a_wrap_of_another_length_or_envelope_is_refused() -> None:
    sealed, _ = sealed_message()
    other = begin_seal("ru/mvd", KEY.public, ID, [1], fixed)
    low_order = sealed.wrap[:1088] + bytes(32) + sealed.wrap[1120:]
    for bad in (b"", sealed.wrap[:-1], sealed.wrap + b"\0", other.wrap, low_order):
        with pytest.raises(OpenFailed):
            begin_open(sealed.header, bad, "ru/mvd", own_key)


def _members(**changes: object) -> dict[str, object]:
    return {"v": 1, "suite": 1, "envelope": ID, "recipient_key": KEY.kid, "parts": [10]} | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"v": "1"},
        {"suite": 0},
        {"suite": 2},
        {"suite": True},
        {"suite": "1"},
        {"suite": [1]},
        {"suite": None},
        {"envelope": ID.upper()},
        {"envelope": ID + "\n"},
        {"envelope": "urn:uuid:" + ID},
        {"envelope": ""},
        {"envelope": 5},
        {"recipient_key": "short"},
        {"recipient_key": "../../../../etc/passwd"},
        {"recipient_key": None},
        {"parts": []},
        {"parts": [-1]},
        {"parts": [True]},
        {"parts": ["10"]},
        {"parts": [1 << 41]},
        {"parts": [1] * 257},
        {"parts": {"0": 10}},
        {"parts": 10},
        {"sender": "kz/mia"},
    ],
    ids=str,
)
def test_a_header_with_other_values_is_refused(changes: dict[str, object]) -> None:
    assert read_header(canonical.encode(_members())).part_sizes == (10,)
    with pytest.raises(OpenFailed):
        read_header(canonical.encode(_members(**changes)))


def test_a_header_that_is_not_canonical_or_misses_a_member_is_refused() -> None:
    good = canonical.encode(_members())
    for bad in (
        b"",
        b"[]",
        b"null",
        good.replace(b",", b", "),
        good[:-1] + b',"v":1}',
        good.replace(b'"v":1', b'"v":1.0'),
        good + b"\n",
        b"\xef\xbb\xbf" + good,
        b"[" * 5000,
        good + b" " * 9000,
        *(canonical.encode({k: v for k, v in _members().items() if k != gone}) for gone in _members()),
    ):
        with pytest.raises(OpenFailed):
            read_header(bad)


def test_every_byte_of_the_header_is_bound() -> None:
    sealed = begin_seal("ru/mvd", KEY.public, ID, [10], fixed)
    for at in range(len(sealed.header)):
        with pytest.raises(OpenFailed):
            begin_open(flipped(sealed.header, at), sealed.wrap, "ru/mvd", lambda _: KEY)


def test_sealing_refuses_what_does_not_fit_its_header() -> None:
    sealed = begin_seal("ru/mvd", KEY.public, ID, [4], fixed)
    for index, data in ((0, b"abc"), (0, b"abcde"), (1, b"abcd"), (-1, b"abcd")):
        with pytest.raises(SealError):
            seal_part(sealed, index, data)
    with pytest.raises(SealError):
        envelope.part_encryptor(sealed, 0).finalize()
    with pytest.raises(SealError):
        envelope.part_encryptor(sealed, 0).update_into(b"abcde", bytearray(100))
    for envelope_id, sizes in (("no-uuid", [1]), (ID, []), (ID, [-1]), (ID, [1] * 257), (ID.upper(), [1])):
        with pytest.raises(SealError):
            begin_seal("ru/mvd", KEY.public, envelope_id, sizes, fixed)


def test_opening_refuses_a_part_the_header_does_not_have() -> None:
    sealed, parts = sealed_message()
    for index in (-1, 3):
        with pytest.raises(OpenFailed):
            open_part(opened(sealed), index, parts[0])


def test_a_part_of_another_length_than_stated_is_refused_in_a_stream() -> None:
    sealed, parts = sealed_message()
    key, digest = sealed.part_key(1), sealed.clear.digest
    for size in (len(PARTS[1]) - 1, len(PARTS[1]) + 1):
        decryptor = part_decryptor(SUITE_1, key, digest, 1, size)
        with pytest.raises(OpenFailed):
            _drain(decryptor, parts[1])
    long = part_decryptor(SUITE_1, sealed.part_key(2), digest, 2, 100)
    for _ in range(2):
        with pytest.raises(OpenFailed):
            long.update(parts[2])
    with pytest.raises(OpenFailed):
        long.finalize()
    writing = part_decryptor(SUITE_1, sealed.part_key(2), digest, 2, 100)
    with pytest.raises(OpenFailed):
        writing.update_into(parts[2], bytearray(80_000))
    with pytest.raises(OpenFailed):
        writing.finalize()


def test_suites_are_known_by_number_only_and_cannot_be_replaced() -> None:
    assert suite_of(1) is SUITE_1
    with pytest.raises(TypeError):
        SUITES[1] = SUITE_1  # type: ignore[index]


def test_no_secret_shows_in_a_representation() -> None:
    sealed, _ = sealed_message()
    for shown in (repr(sealed), repr(opened(sealed)), repr(KEY)):
        assert repr(bytes(range(32)))[2:-1] not in shown
        assert "seeds" not in shown


def test_encryption_keys_of_another_length_or_kind_are_refused() -> None:
    for raw in (b"", KEY.public.raw[:-1], KEY.public.raw + b"\0", b"\xff" * PUBLIC_BYTES):
        with pytest.raises(KeyRefused):
            EncryptionPublicKey(raw)
    with pytest.raises(KeyRefused):
        EncryptionPrivateKey(bytes(95))
    assert EncryptionPublicKey(KEY.public.raw) == KEY.public
    assert len(KEY.kid) == 22


def test_a_recipient_key_of_low_order_is_refused() -> None:
    weak = EncryptionPublicKey(KEY.public.raw[:1184] + bytes(32))
    with pytest.raises(SealError):
        begin_seal("ru/mvd", weak, ID, [1], fixed)


def test_random_comes_from_the_callers_source_and_only_the_secret_does() -> None:
    asked: list[int] = []

    def counting(length: int) -> bytes:
        asked.append(length)
        return bytes(length)

    one = begin_seal("ru/mvd", KEY.public, ID, [1], counting)
    two = begin_seal("ru/mvd", KEY.public, ID, [1], counting)
    assert asked == [32, 32]
    assert one.part_key(0) == two.part_key(0)
    assert one.wrap != two.wrap


def test_part_0_comes_back() -> None:
    for official in (None, "a..b"):
        block = decode_part0(encode_part0(b'{"v":1}', official, "c..d"))
        assert (block.manifest, block.official, block.seal) == (b'{"v":1}', official, "c..d")
    with pytest.raises(Exception, match="empty"):
        encode_part0(b"{}", "", "c..d")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"manifest":"e30","seal":"s"}',
        b'{"manifest":"e30","official":null}',
        b'{"manifest":"e30","official":"","seal":"s"}',
        b'{"manifest":"e30","official":5,"seal":"s"}',
        b'{"manifest":"e30","official":null,"seal":null}',
        b'{"manifest":"e30=","official":null,"seal":"s"}',
        b'{"manifest":"e31","official":null,"seal":"s"}',
        b'{"manifest":{},"official":null,"seal":"s"}',
        b'{"manifest":"e30","official":null,"seal":"s","seal":"s"}',
        b'{"extra":1,"manifest":"e30","official":null,"seal":"s"}',
        b'{"manifest":"e30", "official":null,"seal":"s"}',
        b'{"official":null,"manifest":"e30","seal":"s"}',
        b'{"manifest":"e30","official":null,"seal":"s"}\n',
    ],
)
def test_part_0_of_another_shape_is_refused(data: bytes) -> None:
    with pytest.raises(OpenFailed):
        decode_part0(data)


def test_keys_made_from_one_source_are_repeatable(
    make_encryption_key: Callable[..., EncryptionPrivateKey],
) -> None:
    assert make_encryption_key("a") == make_encryption_key("a")
    assert make_encryption_key("a") != make_encryption_key("b")
