import hmac
import json
from collections.abc import Callable

import pytest

from keys import b64, canonical, tokens
from keys.errors import KeyRefused, TokenError
from keys.jwk import SigningKey, Usage, VerifyKey
from keys.tokens import (
    issue_access_token,
    make_client_assertion,
    verify_access_token,
    verify_client_assertion,
)

ISSUER = "https://gateway.kz.example"
API = "https://gateway.kz.example/v1"
NOW = 1_735_689_600_000
JTI = "0123456789abcdef"
CLIENT = SigningKey(bytes(range(32)), Usage.CLIENT)
TOKENS = SigningKey(bytes(range(1, 33)), Usage.TOKENS)


def find(client_id: str, kid: str) -> VerifyKey | None:
    return CLIENT.public if (client_id, kid) == ("mia-records", CLIENT.kid) else None


def signed(claims: object, header: dict[str, object] | None = None, key: SigningKey = CLIENT) -> str:
    """Sign any claims under any header, as a careless or hostile client might."""
    head = {"alg": "EdDSA", "kid": key.kid, "typ": "JWT"} if header is None else header
    raw = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    first = f"{b64.encode(json.dumps(head).encode())}.{b64.encode(raw)}"
    return f"{first}.{b64.encode(key.sign(first.encode()))}"


def claims(**changes: object) -> dict[str, object]:
    good: dict[str, object] = {
        "iss": "mia-records",
        "sub": "mia-records",
        "aud": ISSUER,
        "jti": JTI,
        "iat": NOW // 1000,
        "exp": NOW // 1000 + 60,
    }
    return {name: value for name, value in (good | changes).items() if value != "(none)"}


def test_an_assertion_verifies() -> None:
    assertion = make_client_assertion(CLIENT, "mia-records", ISSUER, NOW, JTI)
    verified = verify_client_assertion(assertion, find, ISSUER, NOW)
    assert verified == tokens.ClientAssertion("mia-records", CLIENT.kid, JTI, NOW + 60_000)


@pytest.mark.parametrize("typ", ["JWT", "client-authentication+jwt", None])
def test_an_assertion_of_another_library_verifies(typ: str | None) -> None:
    header = {"typ": typ, "kid": CLIENT.kid, "alg": "EdDSA"}
    if typ is None:
        del header["typ"]
    verified = verify_client_assertion(signed(claims(nbf=NOW // 1000), header), find, ISSUER, NOW)
    assert verified.client_id == "mia-records"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://gateway.ru.example"},
        {"aud": ISSUER + "/"},
        {"aud": [ISSUER]},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": None},
        {"aud": "(none)"},
        {"iss": "other"},
        {"sub": "other"},
        {"iss": "other", "sub": "other"},
        {"iss": ["mia-records"], "sub": ["mia-records"]},
        {"iss": "(none)", "sub": "(none)"},
        {"jti": "(none)"},
        {"jti": ""},
        {"jti": "short"},
        {"jti": "x" * 129},
        {"jti": "with a space"},
        {"jti": "0123456789abcdef\n"},
        {"jti": 12345678},
        {"exp": "(none)"},
        {"exp": NOW // 1000 + 61},
        {"exp": NOW // 1000},
        {"exp": NOW // 1000 - 1, "iat": NOW // 1000 - 30},
        {"exp": float(NOW // 1000 + 60)},
        {"exp": str(NOW // 1000 + 60)},
        {"exp": True, "iat": False},
        {"iat": "(none)"},
        {"iat": NOW // 1000 + 31, "exp": NOW // 1000 + 60},
        {"iat": NOW // 1000 - 1},
        {"iat": None},
        {"nbf": NOW // 1000 + 31},
        {"nbf": "now"},
        {"scope": "everything"},
    ],
    ids=str,
)
def test_an_assertion_with_other_claims_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(TokenError):
        verify_client_assertion(signed(claims(**changes)), find, ISSUER, NOW)


def test_an_assertion_expires_to_the_millisecond() -> None:
    assertion = signed(claims())
    assert verify_client_assertion(assertion, find, ISSUER, NOW + 59_999).expires == NOW + 60_000
    with pytest.raises(TokenError):
        verify_client_assertion(assertion, find, ISSUER, NOW + 60_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES256"},
        {"alg": None},
        {"kid": None},
        {"kid": "A" * 43},
        {"typ": "at+jwt"},
        {"typ": "kelisim-seal+jws"},
        {"crit": ["exp"]},
        {"b64": False},
        {"jwk": CLIENT.public.to_jwk()},
        {"jku": "https://example.org"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_assertion_under_another_header_is_refused(changes: dict[str, object]) -> None:
    header: dict[str, object] = {"alg": "EdDSA", "kid": CLIENT.kid, "typ": "JWT"}
    with pytest.raises(TokenError):
        verify_client_assertion(signed(claims(), header | changes), find, ISSUER, NOW)


def test_a_public_key_is_no_shared_secret() -> None:
    for algorithm in ("HS256", "none"):
        head = canonical.encode({"alg": algorithm, "kid": CLIENT.kid, "typ": "JWT"})
        first = f"{b64.encode(head)}.{b64.encode(canonical.encode(claims()))}"
        mac = b64.encode(hmac.digest(CLIENT.public.raw, first.encode(), "sha256"))
        for bad in (f"{first}.{mac}", f"{first}."):
            with pytest.raises(TokenError):
                verify_client_assertion(bad, find, ISSUER, NOW)


def test_malformed_assertions_are_refused() -> None:
    good = signed(claims())
    first, second, third = good.split(".")
    text = json.dumps(claims())
    for bad in (
        "",
        "..",
        f"{first}.{second}",
        good + ".",
        good + "=",
        f"{first}=.{second}.{third}",
        f"{first}.{second}=.{third}",
        good + "A",
        good[:-1],
        good + "\n",
        f"{first}..{third}",
        "A" * 5000,
        signed(b"[]"),
        signed(b"not json"),
        signed(b"\xff"),
        signed(text.replace("{", '{"aud": "x", ', 1).encode()),
        signed(text.replace(str(NOW // 1000 + 60), "NaN").encode()),
        signed(b'{"a":' * 500 + b"1" + b"}" * 500),
        signed(claims(jti="é" * 10)),
    ):
        with pytest.raises(TokenError):
            verify_client_assertion(bad, find, ISSUER, NOW)


def test_an_assertion_under_another_key_or_usage_is_refused() -> None:
    other = SigningKey(bytes(range(2, 34)), Usage.CLIENT)
    header = {"alg": "EdDSA", "kid": CLIENT.kid, "typ": "JWT"}
    with pytest.raises(TokenError):
        verify_client_assertion(signed(claims(), header, other), find, ISSUER, NOW)
    with pytest.raises(TokenError):
        verify_client_assertion(signed(claims()), lambda client, kid: other.public, ISSUER, NOW)
    with pytest.raises(TokenError):
        verify_client_assertion(signed(claims()), lambda client, kid: None, ISSUER, NOW)
    sealing = SigningKey(CLIENT.seed, Usage.SEAL).public
    with pytest.raises(TokenError):
        verify_client_assertion(signed(claims()), lambda client, kid: sealing, ISSUER, NOW)


def test_assertions_are_made_within_the_rules_only() -> None:
    with pytest.raises(KeyRefused):
        make_client_assertion(TOKENS, "mia-records", ISSUER, NOW, JTI)
    for lifetime, jti in ((61, JTI), (0, JTI), (-1, JTI), (60, "short"), (60, "with a space")):
        with pytest.raises(TokenError):
            make_client_assertion(CLIENT, "mia-records", ISSUER, NOW, jti, lifetime)


def _token(**changes: object) -> str:
    arguments: dict[str, object] = {"scope": ["send", "collect"], "now": NOW, "jti": JTI} | changes
    make: Callable[..., str] = issue_access_token
    return make(TOKENS, ISSUER, API, "mia-records", **arguments)


def test_an_access_token_verifies() -> None:
    verified = verify_access_token(_token(), TOKENS.public, ISSUER, API, NOW)
    scope = frozenset({"send", "collect"})
    assert verified == tokens.AccessToken("mia-records", "mia-records", scope, JTI, NOW + 600_000)
    with pytest.raises(TokenError):
        verify_access_token(_token(), TOKENS.public, ISSUER, API, NOW + 600_000)
    with pytest.raises(TokenError):
        verify_access_token(_token(), TOKENS.public, ISSUER, API, NOW - 31_000)


def test_an_access_token_of_another_issuer_audience_or_key_is_refused() -> None:
    other = SigningKey(bytes(range(2, 34)), Usage.TOKENS)
    for key, issuer, audience in (
        (TOKENS.public, "https://gateway.ru.example", API),
        (TOKENS.public, ISSUER, ISSUER),
        (other.public, ISSUER, API),
        (SigningKey(TOKENS.seed, Usage.SEAL).public, ISSUER, API),
    ):
        with pytest.raises(TokenError):
            verify_access_token(_token(), key, issuer, audience, NOW)


def test_an_assertion_is_no_access_token_nor_the_other_way_round() -> None:
    same = SigningKey(CLIENT.seed, Usage.TOKENS)
    assertion = make_client_assertion(CLIENT, "mia-records", ISSUER, NOW, JTI)
    with pytest.raises(TokenError):
        verify_access_token(assertion, same.public, ISSUER, ISSUER, NOW)
    token = issue_access_token(same, "mia-records", ISSUER, "mia-records", ["send"], NOW, JTI, 60)
    with pytest.raises(TokenError):
        verify_client_assertion(token, find, ISSUER, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": None},
        {"scope": ["send"]},
        {"sub": 5},
        {"client_id": None},
        {"aud": [API]},
        {"admin": True},
        {"jti": ""},
        {"exp": NOW // 1000 + 601},
        {"exp": True},
    ],
    ids=str,
)
def test_a_signed_access_token_with_other_claims_is_refused(changes: dict[str, object]) -> None:
    header: dict[str, object] = {"alg": "EdDSA", "kid": TOKENS.kid, "typ": "at+jwt"}
    good: dict[str, object] = {
        "iss": ISSUER,
        "aud": API,
        "sub": "mia-records",
        "client_id": "mia-records",
        "scope": "send",
        "iat": NOW // 1000,
        "exp": NOW // 1000 + 600,
        "jti": JTI,
    }
    verify_access_token(signed(good, header, TOKENS), TOKENS.public, ISSUER, API, NOW)
    with pytest.raises(TokenError):
        verify_access_token(signed(good | changes, header, TOKENS), TOKENS.public, ISSUER, API, NOW)


def test_access_tokens_are_issued_within_the_rules_only() -> None:
    with pytest.raises(KeyRefused):
        issue_access_token(CLIENT, ISSUER, API, "mia-records", ["send"], NOW, JTI)
    bad_arguments: tuple[dict[str, object], ...] = (
        {"scope": []},
        {"scope": ['se"nd']},
        {"scope": [""]},
        {"lifetime_s": 601},
        {"lifetime_s": 0},
        {"jti": "short"},
    )
    for bad in bad_arguments:
        with pytest.raises(TokenError):
            _token(**bad)
