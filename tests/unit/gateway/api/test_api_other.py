"""Simulation, agreements, trust lists, health, routing, the document and the pages of problems."""

import inspect
import json
import re
from pathlib import Path

import msgspec
import pytest

import gateway.errors
from gateway.api import refusals
from gateway.api.problem_pages.catalogue import PROBLEM_TYPES
from gateway.api.problem_pages.printing import files
from gateway.api.problems import problem_of
from gateway.api.routes import ROUTES
from gateway.errors import GatewayError
from gateway.exchange.statements import Statement
from gateway.store.opening import open_readonly
from keys import b64, canonical, instants
from keys.jwk import SigningKey, Usage
from keys.signatures import ADMIN_TYP, sign_statement
from tests.support.exchanges import problem
from tests.support.node_fixture import CLEARED_LOW, SIMULATE_ONLY, LiveNode
from tests.support.world import World

pytestmark = pytest.mark.anyio
DOCS = Path(__file__).parents[4] / "docs"
FACTS = {"act": "send", "kind": "request", "agreement": "kz-ru-mvd-2008", "level": "state_secret"}


# Simulation


async def test_a_simulated_denial_is_an_answer_not_a_problem(kz: LiveNode) -> None:
    answer = await kz.post("/v1/decisions:simulate", SIMULATE_ONLY, json=FACTS)
    assert answer.status_code == 200
    content = answer.json()
    assert content["outcome"] == "deny"
    assert content["reasons"]
    assert content["missing"]
    (entry,) = kz.events("decision.simulated")
    assert (entry["client"], entry["act"], entry["outcome"]) == (SIMULATE_ONLY, "send", "deny")
    assert entry["agreement"] == "kz-ru-mvd-2008"


async def test_a_simulated_denial_comes_with_its_cure_in_the_language_asked_for(kz: LiveNode) -> None:
    facts = {"act": "send", "kind": "request", "agreement": "kz-ru-mvd-2008"}
    headers = {"accept-language": "kk"}
    content = (await kz.post("/v1/decisions:simulate", json=facts, headers=headers)).json()
    assert content["cure"]["lawful"] is False
    assert set(content["explanation"]) == {"applied", "permitted", "denied", "obliged"}
    assert not any("texts" in reason for reason in content["reasons"])


async def test_a_day_fills_in_status_and_lists(kz: LiveNode) -> None:
    facts = {"agreement": "kz-ru-mvd-2008", "sender": "kz/mia", "recipient": "ru/mia"}
    for day in ("2026-03-01", "2026-03-01T10:00:00Z"):
        answer = await kz.post("/v1/decisions:simulate?as_of=" + day, json=facts)
        filled = answer.json()["filled_in"]
        assert (filled["agreement_status"], filled["parties_match"]) == ("in_force", True), answer.text
        assert (filled["as_of"], filled["sender_state"]) == ("2026-03-01", "KZ")
    before = (await kz.post("/v1/decisions:simulate?as_of=2008-10-22", json=facts)).json()["filled_in"]
    assert before["agreement_status"] == "not_in_force"


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "", "2026-03-01T10:00:00+05:00"])
async def test_what_is_no_day_is_refused(calm: LiveNode, day: str) -> None:
    answer = await calm.post("/v1/decisions:simulate", json={}, params={"as_of": day})
    assert (answer.status_code, answer.json()["problems"][0]["pointer"]) == (422, "/as_of")


async def test_facts_of_no_agreement_are_denied_and_logged_without_one(kz: LiveNode) -> None:
    answer = await kz.post("/v1/decisions:simulate", json={"agreement": "Bogus Text, Not An Id"})
    assert answer.json()["outcome"] == "deny"
    (entry,) = kz.events("decision.simulated")
    assert (entry["act"], "agreement" in entry) == ("unknown", False)


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        ({"nonsense": 1}, "/nonsense"),
        ({"act": "steal"}, "/act"),
        ({"seal": "yes"}, "/seal"),
        ({"seal": None}, "/seal"),
        ({"level": ["open"]}, "/level"),
        ({"sources": [{"originator": "ru/mia"}]}, "/sources/0"),
        ({"sources": [{"originator": "ru/mia", "agreement": "x", "more": 1}]}, "/sources/0/more"),
    ],
)
async def test_a_wrong_fact_is_named(calm: LiveNode, facts: dict[str, object], place: str) -> None:
    answer = await calm.post("/v1/decisions:simulate", json=facts)
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert answer.json()["problems"][0]["pointer"] == place
    assert calm.events("decision.simulated") == []


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"7", b'{"act":"send","act":"collect"}', b'{"a":' * 50_000, b'{"act":NaN}', b'{"a":1e999}'],
)
async def test_facts_that_are_no_strict_object_are_refused(calm: LiveNode, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await calm.post("/v1/decisions:simulate", content=content, headers=headers)
    assert answer.status_code in (400, 422), answer.text


# Agreements


async def test_agreements_show_whether_they_are_in_force(kz: LiveNode) -> None:
    items = {one["agreement"]: one for one in (await kz.get("/v1/agreements")).json()["items"]}
    assert items["kz-ru-mvd-2008"]["in_force"] is True
    assert items["kz-tm-2024"]["in_force"] is False


def _statement(live: LiveNode, admin: SigningKey, **changes: object) -> dict[str, str]:
    content = Statement(
        v=1,
        act="activate-agreement",
        node="kz/mia",
        agreement="kz-tm-2024",
        from_date="2024-10-10",
        reference="note 1",
        issued=instants.write(live.clock.now_ms()),
    )
    payload = canonical.encode(msgspec.to_builtins(msgspec.structs.replace(content, **changes)))
    return {"statement": sign_statement(admin, ADMIN_TYP, payload)}


ACTIVATIONS = "/v1/agreements/kz-tm-2024/activations"


async def test_two_admins_put_an_agreement_in_force(kz: LiveNode) -> None:
    first, second = kz.member.admins
    one = await kz.post(ACTIVATIONS, None, json=_statement(kz, first))
    assert (one.status_code, one.json()["state"]) == (200, "proposed"), one.text
    again = await kz.post(ACTIVATIONS, None, json=_statement(kz, first))
    assert (again.status_code, problem(again)) == (409, "conflict")
    two = await kz.post(ACTIVATIONS, None, json=_statement(kz, second))
    assert (two.json()["state"], len(two.json()["admins"])) == ("active", 2)
    items = {one["agreement"]: one for one in (await kz.get("/v1/agreements")).json()["items"]}
    assert items["kz-tm-2024"]["in_force"] is True


@pytest.mark.parametrize("who", ["client", "head", "stranger"])
async def test_nobody_else_can_activate(calm: LiveNode, who: str) -> None:
    payload = b64.decode(_statement(calm, calm.member.admins[0])["statement"].split(".")[1])
    stranger = SigningKey.generate(Usage.ADMIN)
    jws = sign_statement(stranger, ADMIN_TYP, payload)
    if who != "stranger":
        own = calm.member.client if who == "client" else calm.member.head
        jws = sign_statement(SigningKey(own.seed, Usage.ADMIN), ADMIN_TYP, payload)
    answer = await calm.post(ACTIVATIONS, json={"statement": jws})
    assert (answer.status_code, problem(answer)) == (403, "forbidden")
    assert calm.events("agreement.proposed") == []


async def test_a_statement_counts_only_on_the_path_of_its_agreement(kz: LiveNode) -> None:
    path = "/v1/agreements/kz-ru-mvd-2008/activations"
    answer = await kz.post(path, None, json=_statement(kz, kz.member.admins[0]))
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert kz.events("agreement.proposed") == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"node": "ru/mia"}, "/statement/node"),
        ({"from_date": "2024-99-10"}, "/statement/from_date"),
        ({"issued": "2020-01-01T00:00:00Z"}, "/statement/issued"),
    ],
)
async def test_a_wrong_statement_is_refused(calm: LiveNode, changes: dict[str, object], place: str) -> None:
    answer = await calm.post(ACTIVATIONS, None, json=_statement(calm, calm.member.admins[0], **changes))
    assert answer.json()["problems"][0]["pointer"] == place


@pytest.mark.parametrize("content", [{}, {"statement": ""}, {"statement": "a.b.c"}, {"statement": 1}])
async def test_what_is_no_statement_is_refused(calm: LiveNode, content: dict[str, object]) -> None:
    answer = await calm.post(ACTIVATIONS, None, json=content)
    assert answer.status_code in (403, 422)


# Trust lists


async def test_a_new_trust_list_is_taken_and_kept(kz: LiveNode, world: World) -> None:
    data = world.sign("RU", kz.clock.now_ms())
    answer = await kz.post("/v1/trust/RU", None, content=data)
    assert (answer.status_code, answer.json()) == (200, {"party": "RU", "version": 2})
    assert (kz.member.folder / "trust/lists/RU/2.jws").read_bytes() == data
    rolled_back = (kz.member.folder / "trust/lists/RU/1.jws").read_bytes()
    again = await kz.post("/v1/trust/RU", None, content=rolled_back)
    assert (again.status_code, problem(again)) == (422, "invalid")


@pytest.mark.parametrize("party", ["XX", "ru", "..", "%2e%2e%2fkeys"])
async def test_a_party_without_a_pinned_key_is_unknown(calm: LiveNode, world: World, party: str) -> None:
    answer = await calm.post(f"/v1/trust/{party}", None, content=world.sign("RU", calm.clock.now_ms()))
    assert (answer.status_code, problem(answer)) == (404, "not-found")


async def test_another_partys_list_is_refused_and_logged(kz: LiveNode, world: World) -> None:
    for data in (world.sign("KZ", kz.clock.now_ms()), b"", b"x.y.z", b"\xff"):
        answer = await kz.post("/v1/trust/RU", None, content=data)
        assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert len(kz.events("trust.refused")) == 4


# Health, routing, document


async def test_health_says_no_more_than_that(kz: LiveNode) -> None:
    answer = await kz.get("/v1/health", None)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_health_fails_when_the_log_cannot_be_written(
    kz: LiveNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kz.node.journal._head, "advance", full)
    assert (await kz.ask_token()).status_code == 503
    answer = await kz.get("/v1/health", None)
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/docs", 404, "not-found"),
        ("GET", "/v1/messages/", 404, "not-found"),
        ("GET", "/v1//inbox", 404, "not-found"),
        ("GET", "/problems/unheard-of", 404, "not-found"),
        ("DELETE", "/v1/messages", 405, "method-not-allowed"),
        ("GET", "/v1/token", 405, "method-not-allowed"),
        ("PUT", "/v1/inbox", 405, "method-not-allowed"),
    ],
)
async def test_unknown_paths_and_methods_are_problems(
    calm: LiveNode, method: str, path: str, status: int, name: str
) -> None:
    answer = await calm.request(method, path)
    assert (answer.status_code, problem(answer)) == (status, name)
    if path == "/v1/messages":
        assert answer.headers["allow"] == "GET, POST"


async def test_the_document_describes_every_route_and_resolves(kz: LiveNode) -> None:
    answer = await kz.get("/v1/openapi.json", None)
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    described = {(m.upper(), path) for path, item in document["paths"].items() for m in item}
    assert described == {(route.method, route.path) for route in ROUTES}
    schemas = document["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/([^"]+)"', answer.text):
        assert name in schemas
    submitted = document["paths"]["/v1/messages"]["post"]
    assert {"200", "202", "403", "409", "413", "429"} <= set(submitted["responses"])
    assert any(one["name"] == "Idempotency-Key" and one["required"] for one in submitted["parameters"])
    assert submitted["security"] == [{"oauth2": ["send"]}]
    assert "security" not in document["paths"]["/v1/health"]["get"]
    assert schemas["Draft"]["additionalProperties"] is False


async def test_the_api_page_names_every_route(kz: LiveNode) -> None:
    page = (DOCS / "API.md").read_text(encoding="utf-8")
    for route in ROUTES:
        assert f"`{route.method} {route.path}`" in page


def test_the_pages_of_problems_are_printed_from_the_catalogue() -> None:
    folder = DOCS / "problems"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == files()


async def test_every_problem_has_a_page_on_the_node(kz: LiveNode) -> None:
    for name in PROBLEM_TYPES:
        answer = await kz.get(f"/problems/{name}", None)
        assert answer.status_code == 200
        assert answer.text == (DOCS / "problems" / f"{name}.md").read_text(encoding="utf-8")


def _all_errors() -> list[type[GatewayError]]:
    modules = (gateway.errors, refusals)
    return sorted(
        {
            kind
            for module in modules
            for _, kind in inspect.getmembers(module, inspect.isclass)
            if issubclass(kind, GatewayError)
        },
        key=lambda kind: kind.__name__,
    )


@pytest.mark.parametrize("kind", _all_errors())
async def test_every_error_of_the_node_is_some_problem_without_internals(
    calm: LiveNode, kind: type[GatewayError]
) -> None:
    arguments = {"Invalid": [[("/x", "is wrong")]], "RateLimited": [1.5], "MethodNotAllowed": [["GET"]]}
    needed = len(inspect.signature(kind.__init__).parameters) > 1 and kind.__name__ != "IdempotencyKeyReused"
    reply = problem_of(calm.node, kind(*arguments.get(kind.__name__, ["text"] if needed else [])))
    content = json.loads(reply.body)
    name = content["type"].removeprefix("/problems/")
    assert reply.status == PROBLEM_TYPES[name].status
    internal = {"GatewayError", "ConfigError", "ClientGone"}  # nobody is there to see the last one
    assert (name == "internal") == (kind.__name__ in internal)
    if reply.status >= 500 and kind.__name__ != "TimeLimitPassed":
        assert "detail" not in content


async def test_nothing_the_api_answers_may_be_cached_or_sniffed(kz: LiveNode) -> None:
    for answer in (await kz.get("/v1/inbox"), await kz.get("/none"), await kz.get("/v1/health", None)):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_websocket_is_closed_at_once(kz: LiveNode) -> None:
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await kz.app({"type": "websocket", "path": "/v1/inbox", "headers": []}, receive, send)  # type: ignore[arg-type]
    assert [one["type"] for one in sent] == ["websocket.close"]


async def test_the_log_stays_readable_beside_all_this(kz: LiveNode) -> None:
    await kz.get("/v1/inbox", CLEARED_LOW)
    reader = open_readonly(kz.member.folder / "data" / "kelisim.db")
    try:
        assert len(list(reader.leaves(0, 100))) == len(list(kz.node.store.leaves(0, 100)))
    finally:
        reader.close()
