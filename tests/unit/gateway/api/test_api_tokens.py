"""POST /v1/token: who gets a token, who does not, and what the log keeps of it."""

import asyncio
import json

import pytest

from gateway.api.tokens import ASSERTION_TYPE
from keys import b64
from keys.jwk import SigningKey, Usage
from keys.tokens import issue_access_token, make_client_assertion
from tests.support.exchanges import problem
from tests.support.node_fixture import CLEARED_LOW, LiveNode, Town
from tests.support.world import CLIENT

pytestmark = pytest.mark.anyio


async def test_a_client_gets_a_token_that_opens_the_api_and_is_logged(kz: LiveNode) -> None:
    answer = await kz.ask_token()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert (content["token_type"], content["expires_in"]) == ("Bearer", 600)
    headers = {"authorization": f"bearer {content['access_token']}"}
    assert (await kz.http.get("/v1/inbox", headers=headers)).status_code == 200
    issued = kz.events("token.issued")
    assert [one["client"] for one in issued] == [CLIENT]
    assert content["access_token"] not in json.dumps(issued)


async def test_a_scope_can_be_narrowed_and_then_binds(kz: LiveNode) -> None:
    answer = await kz.ask_token(scope="read")
    assert answer.json()["scope"] == "read"
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    refused = await kz.http.post("/v1/messages:prepare", headers=headers, json={})
    assert (refused.status_code, problem(refused)) == (403, "insufficient-scope")
    assert 'scope="send"' in refused.headers["www-authenticate"]


async def test_an_assertion_serves_once(kz: LiveNode) -> None:
    assertion = kz.assertion()
    assert (await kz.ask_token(client_assertion=assertion)).status_code == 200
    again = await kz.ask_token(client_assertion=assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert kz.events("token.refused")[-1]["reason"] == "replayed"
    assert len(kz.events("token.issued")) == 1


async def test_two_uses_of_an_assertion_in_one_commit_group_give_one_token(kz: LiveNode) -> None:
    assertion = kz.assertion()
    answers = await asyncio.gather(*(kz.ask_token(client_assertion=assertion) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_an_expired_assertion_is_refused(kz: LiveNode) -> None:
    assertion = kz.assertion(lifetime_s=30)
    await kz.clock.advance(31)
    answer = await kz.ask_token(client_assertion=assertion)
    assert answer.status_code == 401
    assert kz.events("token.refused")[-1] == {"client": CLIENT, "reason": "expired"}


@pytest.mark.parametrize("audience", ["https://other.test", "https://127.0.0.1", "x"])
async def test_an_assertion_for_another_audience_is_refused(calm: LiveNode, audience: str) -> None:
    answer = await calm.ask_token(client_assertion=calm.assertion(audience=audience))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_the_answer_does_not_say_what_was_wrong(kz: LiveNode) -> None:
    wrong_key = SigningKey.generate(Usage.CLIENT)
    forged = make_client_assertion(wrong_key, CLIENT, kz.issuer, kz.clock.now_ms(), "jti-forged-1")
    unknown = make_client_assertion(wrong_key, "nobody", kz.issuer, kz.clock.now_ms(), "jti-forged-2")
    first = await kz.ask_token(client_assertion=forged)
    second = await kz.ask_token(client_assertion=unknown)
    assert first.json() == second.json()
    assert first.status_code == second.status_code == 401


async def test_another_clients_assertion_is_not_this_client_id(kz: LiveNode) -> None:
    answer = await kz.ask_token(client_assertion=kz.assertion(CLEARED_LOW), client_id=CLIENT)
    assert answer.status_code == 401


def _unsigned(kz: LiveNode, algorithm: str) -> str:
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": kz.issuer, "jti": "unsigned-jti"}
    now = kz.clock.now_ms() // 1000
    claims |= {"iat": now, "exp": now + 60}  # type: ignore[dict-item]
    header = {"alg": algorithm, "kid": kz.member.client.kid}
    return ".".join([*(b64.encode(json.dumps(one).encode()) for one in (header, claims)), ""])


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "ES256", "EdDSA"])
async def test_an_unsigned_assertion_is_refused_whatever_it_names(calm: LiveNode, algorithm: str) -> None:
    answer = await calm.ask_token(client_assertion=_unsigned(calm, algorithm))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("scope", ["admin", "send admin", "", " send", "send  read"])
async def test_a_scope_the_client_does_not_have_is_refused(calm: LiveNode, scope: str) -> None:
    form = f"grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&scope={scope}"
    answer = await calm.http.post(
        "/v1/token",
        content=form.replace(" ", "+") + f"&client_assertion={calm.assertion()}",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"client_assertion_type": "urn:other"}, "invalid_request"),
        ({"client_assertion_type": ""}, "invalid_request"),
    ],
)
async def test_another_grant_or_assertion_type_is_refused(
    calm: LiveNode, form: dict[str, str], error: str
) -> None:
    answer = await calm.ask_token(**form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"grant_type", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&grant_type=x", "application/x-www-form-urlencoded"),
        (b"\xff\xfe=%ff", "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(40)), "application/x-www-form-urlencoded"),
        (b"a=" + b"b" * 20_000, "application/x-www-form-urlencoded"),
        (b'{"grant_type":"client_credentials"}', "application/json"),
    ],
)
async def test_an_unreadable_form_is_refused(calm: LiveNode, content: bytes, media_type: str) -> None:
    answer = await calm.http.post("/v1/token", content=content, headers={"content-type": media_type})
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


async def test_failures_without_a_known_client_are_counted_not_logged_one_by_one(kz: LiveNode) -> None:
    for _ in range(7):
        await kz.ask_token(client_assertion="a.b.c")
    assert kz.events("token.refused") == []
    await kz.clock.advance(60)
    (counted,) = kz.events("token.refused")
    assert (counted["reason"], counted["count"]) == ("unknown_client", 7)
    assert counted["minute"] % 60_000 == 0


async def test_the_rate_limit_comes_before_the_log(world: object, packs: object) -> None:
    async with Town(world, packs, unauthenticated_per_minute=3) as town:  # type: ignore[arg-type]
        kz = town["kz/mia"]
        forged = [kz.assertion(audience="https://x.test") for _ in range(6)]
        answers = [await kz.ask_token(client_assertion=one) for one in forged]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429, 429]
        assert int(answers[-1].headers["retry-after"]) == 20
        assert len(kz.events("token.refused")) == 3
        await kz.clock.advance(20)
        assert (await kz.ask_token()).status_code == 200


async def test_success_does_not_use_up_the_limit_of_strangers(world: object, packs: object) -> None:
    async with Town(world, packs, unauthenticated_per_minute=2) as town:  # type: ignore[arg-type]
        for _ in range(5):
            assert (await town["kz/mia"].ask_token()).status_code == 200


async def test_without_a_token_the_api_asks_for_one(kz: LiveNode) -> None:
    for method, path in (("GET", "/v1/inbox"), ("POST", "/v1/messages"), ("GET", "/v1/agreements")):
        answer = await kz.request(method, path, None)
        assert (answer.status_code, problem(answer)) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    await kz.clock.advance(60)
    assert kz.events("token.refused")[-1]["reason"] == "no_token"


async def test_a_token_ends(kz: LiveNode) -> None:
    assert (await kz.get("/v1/inbox")).status_code == 200
    await kz.clock.advance(601)
    answer = await kz.get("/v1/inbox")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("value", ["Basic eDp5", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", ""])
async def test_another_authorization_is_refused(calm: LiveNode, value: str) -> None:
    answer = await calm.http.get("/v1/inbox", headers={"authorization": value})
    assert (answer.status_code, problem(answer)) == (401, "unauthenticated")


async def test_two_authorization_headers_are_refused(kz: LiveNode) -> None:
    token = await kz.token()
    headers = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]
    answer = await kz.http.get("/v1/inbox", headers=headers)
    assert (answer.status_code, problem(answer)) == (400, "malformed")


async def test_an_assertion_is_no_token_and_neither_is_another_nodes(kz: LiveNode, ru: LiveNode) -> None:
    for text in (kz.assertion(), await ru.token()):
        answer = await kz.http.get("/v1/inbox", headers={"authorization": f"Bearer {text}"})
        assert answer.status_code == 401


async def test_a_token_for_a_client_that_is_not_configured_is_worth_nothing(kz: LiveNode) -> None:
    tokens = kz.built.tokens
    text = issue_access_token(
        tokens, kz.issuer, kz.issuer, "removed", ["read"], kz.clock.now_ms(), "jti-of-removed"
    )
    answer = await kz.http.get("/v1/inbox", headers={"authorization": f"Bearer {text}"})
    assert answer.status_code == 401


async def test_a_token_never_carries_more_than_the_client_may(kz: LiveNode) -> None:
    text = issue_access_token(
        kz.built.tokens, kz.issuer, kz.issuer, "lawyers", ["send"], kz.clock.now_ms(), "jti-of-lawyers"
    )
    answer = await kz.http.post("/v1/messages", headers={"authorization": f"Bearer {text}"})
    assert (answer.status_code, problem(answer)) == (403, "insufficient-scope")


async def test_no_token_while_the_log_cannot_be_written(kz: LiveNode) -> None:
    kz.built.node.store.close()
    answer = await kz.ask_token()
    assert (answer.status_code, problem(answer)) == (503, "log-unavailable")
    assert answer.json().get("detail") is None
