"""Signed notes: what is accepted, and everything that must not be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import b64
from audit.errors import AuditError, MalformedKey, MalformedNote, NoTrustedSignature, SignatureInvalid
from audit.note import MAX_NOTE_BYTES, open_note, parse_note, sign_note
from audit.vkey import Algorithm, VerifierKey, ed25519_key_id, parse_verifier_key

TEXT = "first line\n\nthird line, after an empty one\n"


@pytest.fixture(scope="module")
def key(new_key):
    return new_key("example.org/a")


@pytest.fixture(scope="module")
def other(new_key):
    return new_key("example.org/b")


def test_a_signed_note_opens_and_names_its_signers(key, other) -> None:
    data = sign_note(TEXT, [key, other])
    assert open_note(data, [key, other]).verified_names == ("example.org/a", "example.org/b")
    partly = open_note(data, [other])
    assert partly.text == TEXT
    assert partly.verified_names == ("example.org/b",)
    assert [line.name for line in partly.unverified] == ["example.org/a"]


def test_the_text_may_have_empty_lines_and_any_script(key) -> None:
    text = "Қазақстан\n\n\nРоссия — end\n"
    assert open_note(sign_note(text, [key]), [key]).text == text


def test_a_note_nobody_trusted_has_signed_is_refused(key, other) -> None:
    with pytest.raises(NoTrustedSignature):
        open_note(sign_note(TEXT, [key]), [other])
    with pytest.raises(NoTrustedSignature):
        open_note(sign_note(TEXT, [key]), [])


def test_one_bad_signature_of_a_known_key_refuses_the_whole_note(key, other) -> None:
    good = sign_note(TEXT, [key, other]).decode()
    lines = good.splitlines(keepends=True)
    forged = b64.encode(key.key_id + b"\x00" * 64)
    lines[-2] = f"— {key.name} {forged}\n"
    with pytest.raises(SignatureInvalid, match=r"example\.org/a"):
        open_note("".join(lines).encode(), [key, other])
    assert open_note("".join(lines).encode(), [other]).verified_names == (other.name,)


def test_a_second_forged_signature_behind_a_good_one_is_not_skipped(key) -> None:
    forged = f"— {key.name} {b64.encode(key.key_id + bytes(64))}\n"
    with pytest.raises(SignatureInvalid):
        open_note(sign_note(TEXT, [key]) + forged.encode(), [key])


def test_a_repeated_line_counts_once(key) -> None:
    data = sign_note(TEXT, [key])
    again = data[data.rindex(b"\n\n") + 2 :]
    before = key.verifications
    assert open_note(data + again + again, [key]).verified_names == (key.name,)
    assert key.verifications == before + 1


def test_a_key_of_the_same_name_with_another_id_is_another_key(key, new_key) -> None:
    renewed = new_key(key.name, seed="renewed")
    assert renewed.key_id != key.key_id
    with pytest.raises(NoTrustedSignature):
        open_note(sign_note(TEXT, [key]), [renewed])
    assert open_note(sign_note(TEXT, [key, renewed]), [renewed]).verified_names == (key.name,)


def test_two_trusted_keys_that_cannot_be_told_apart_are_refused(key) -> None:
    with pytest.raises(AuditError, match="share name and key id"):
        open_note(sign_note(TEXT, [key]), [key, key])


@given(st.integers(0, 10_000), st.integers(0, 7))
@settings(max_examples=150, deadline=None)
def test_no_flipped_bit_leaves_a_trusted_note(key, spot, bit) -> None:
    data = bytearray(sign_note(TEXT, [key]))
    data[spot % len(data)] ^= 1 << bit
    with pytest.raises(AuditError):
        open_note(bytes(data), [key])


@given(st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_no_truncated_note_opens(key, cut) -> None:
    data = sign_note(TEXT, [key])
    with pytest.raises(AuditError):
        open_note(data[: cut % len(data)], [key])


SIGNATURE = b64.encode(b"\x01\x02\x03\x04" + b"s" * 64)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text",
        f"text\n— name {SIGNATURE}\n".encode(),
        f"text\n\n— name {SIGNATURE}".encode(),
        f"text\n\n-- name {SIGNATURE}\n".encode(),
        f"text\n\n— name  {SIGNATURE}\n".encode(),
        f"text\n\n—  name {SIGNATURE}\n".encode(),
        f"text\n\n— {SIGNATURE}\n".encode(),
        f"text\n\n— na+me {SIGNATURE}\n".encode(),
        f"text\n\n— na\u00a0me {SIGNATURE}\n".encode(),
        f"text\n\n— name {SIGNATURE} \n".encode(),
        f"text\n\n— name {SIGNATURE}\nnot a signature\n".encode(),
        f"text\n\n— name {SIGNATURE}\r\n".encode(),
        f"te\txt\n\n— name {SIGNATURE}\n".encode(),
        f"te\x00xt\n\n— name {SIGNATURE}\n".encode(),
        b"te\xffxt\n\n\xe2\x80\x94 name AQIDBHNz\n",
        "text\n\n— name \n".encode(),
        "text\n\n— name AQIDBA==\n".encode(),
        "text\n\n— name AQIDBHN\n".encode(),
        "text\n\n— name AQIDBHM\n".encode(),
        "text\n\n— name AQIDBHN=\n".encode(),
        "text\n\n— name AQID*BHM=\n".encode(),
        "text\n\n— name AQIDB_-z\n".encode(),
        b"x" * MAX_NOTE_BYTES + f"\n\n— name {SIGNATURE}\n".encode(),
    ],
)
def test_malformed_notes_are_refused(data) -> None:
    with pytest.raises(MalformedNote):
        parse_note(data)


def test_a_hundred_signatures_are_read_and_one_more_is_not() -> None:
    lines = [f"— name{i} {SIGNATURE}\n" for i in range(101)]
    assert len(parse_note(("text\n\n" + "".join(lines[:100])).encode()).signatures) == 100
    with pytest.raises(MalformedNote, match="more than 100"):
        parse_note(("text\n\n" + "".join(lines)).encode())


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "cr\r\n", "nul\x00\n", "\ud800\n"])
def test_a_text_no_reader_accepts_is_not_signed(key, text) -> None:
    with pytest.raises(MalformedNote):
        sign_note(text, [key])


def test_a_note_takes_a_signer_with_a_proper_name(key, new_key) -> None:
    with pytest.raises(MalformedNote):
        sign_note(TEXT, [])
    for name in ("two words", "a+b", "", "line\nbreak"):
        bad = new_key("x")
        bad.name = name
        with pytest.raises(MalformedNote):
            sign_note(TEXT, [key, bad])


def test_a_verifier_key_is_read_back_as_written(key) -> None:
    written = VerifierKey(key.name, Algorithm.ED25519, key.public)
    assert parse_verifier_key(str(written)) == written
    assert written.key_id == key.key_id == ed25519_key_id(key.name, key.public)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "no-plus-at-all",
        lambda text: text[1:],
        lambda text: text.replace("example", "exa mple"),
        lambda text: text.upper(),
        lambda text: text[:-1],
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: text + "AAAA",
        lambda text: text.replace("+", "+0", 1),
        lambda text: text.rpartition("+")[0] + "+",
        lambda text: text.rpartition("+")[0] + "+" + b64.encode(b"\x01" + bytes(32)),
        lambda text: text.rpartition("+")[0] + "+" + b64.encode(b"\x02" + bytes(32)),
    ],
)
def test_spoilt_verifier_keys_are_refused(key, spoil) -> None:
    text = str(VerifierKey(key.name, Algorithm.ED25519, key.public))
    with pytest.raises(MalformedKey):
        parse_verifier_key(spoil(text))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_an_ed25519_key_has_32_bytes(length) -> None:
    with pytest.raises(MalformedKey):
        VerifierKey("name", Algorithm.ED25519, bytes(length))
