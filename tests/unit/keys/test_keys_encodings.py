import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import b64, canonical, instants
from keys.errors import CanonicalError

names = st.text(st.characters(max_codepoint=127), max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(values)
@settings(max_examples=200, deadline=None)
def test_canonical_bytes_are_those_of_rfc_8785(value: canonical.Json) -> None:
    data = canonical.encode(value)
    assert data == rfc8785.dumps(value)
    assert canonical.decode(data) == value


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u00e9"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-0}',
        b'{"a":1.0}',
        b'{"a":1.5}',
        b'{"a":1e2}',
        b'{"a":01}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":18446744073709551616}',
        b'{"\xc3\xa9":1}',
        b'{"a":1}{}',
        b'{"a":1,}',
        b"{'a':1}",
        b"/**/1",
        b"",
    ],
)
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        canonical.check(data)


def test_escapes_that_the_rfc_asks_for_are_accepted() -> None:
    assert canonical.decode(b'"\\b\\t\\n\\f\\r\\u0000\\u001f\\"\\\\\x7f"') == '\b\t\n\f\r\x00\x1f"\\\x7f'


@pytest.mark.parametrize(
    "value", [1.0, b"x", {1: 2}, {"é": 1}, {1, 2}, 2**53, -(2**53), "\ud800", {"a": [object()]}]
)
def test_values_outside_the_closed_set_are_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical.encode(value)


def test_depth_and_size_are_bounded() -> None:
    assert canonical.decode(b"[[1]]", max_depth=2) == [[1]]
    with pytest.raises(CanonicalError):
        canonical.decode(b"[[1]]", max_depth=1)
    with pytest.raises(CanonicalError):
        canonical.decode(b"[" * 100_000 + b"]" * 100_000)
    assert canonical.decode(b"[1]", max_bytes=3) == [1]
    with pytest.raises(CanonicalError):
        canonical.decode(b"[1]", max_bytes=2)


@given(st.binary(max_size=70))
@settings(max_examples=100, deadline=None)
def test_base64url_comes_back(data: bytes) -> None:
    assert b64.decode(b64.encode(data), len(data)) == data


@pytest.mark.parametrize(
    "text", ["YQ==", "YQ=", "Y", "YR", "Y Q", "YQ\n", " YQ", "Y+Q_", "Y/Q_", "YQ?", "YQ.", "ыQ", "="]
)
def test_base64url_that_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(CanonicalError):
        b64.decode(text)


def test_base64url_of_another_length_is_refused() -> None:
    with pytest.raises(CanonicalError):
        b64.decode("YWI", 3)


@given(st.integers(0, 4_102_444_800_000))
@settings(max_examples=100, deadline=None)
def test_instants_come_back(at: int) -> None:
    assert instants.parse(instants.write(at)) == at


def test_instants_have_one_form() -> None:
    assert instants.parse("1970-01-01T00:00:01Z") == 1000
    assert instants.write(1_735_689_600_120) == "2025-01-01T00:00:00.120Z"


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-01",
        "2025-01-01T00:00:00",
        "2025-01-01T00:00:00+00:00",
        "2025-01-01T05:00:00+05:00",
        "2025-01-01t00:00:00z",
        "2025-01-01 00:00:00Z",
        "2025-01-01T00:00:00.000Z",
        "2025-01-01T00:00:00.1Z",
        "2025-02-30T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:00:60Z",
        "2025-01-01T00:00:00Z\n",
        "٢٠٢٥-01-01T00:00:00Z",
        "",
    ],
)
def test_instants_in_another_form_are_refused(text: str) -> None:
    with pytest.raises(CanonicalError):
        instants.parse(text)
