"""POST /v1/messages:prepare and POST /v1/messages: acceptance, denial, repetition, and everything refused."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.bundle import parse_bundle
from keys import b64, canonical
from keys.jwk import SigningKey, Usage
from keys.signatures import official_sign
from tests.support.exchanges import delivered, draft_json, prepared, problem, submission
from tests.support.node_fixture import CLEARED_LOW, SIMULATE_ONLY, LiveNode, Town
from tests.support.world import CLIENT

pytestmark = pytest.mark.anyio


async def test_a_submission_is_accepted_with_its_evidence(kz: LiveNode) -> None:
    made = await prepared(kz)
    answer = await kz.submit(submission(made))
    assert answer.status_code == 202, answer.text
    content = answer.json()
    assert content["message"] == made["message"]
    assert answer.headers["location"] == f"/v1/messages/{made['message']}"
    assert content["decision"]["outcome"] == "permit"
    assert content["decision"]["provisions"]
    parse_bundle(content["evidence"].encode())
    assert kz.events("message.submitted")[0]["client"] == CLIENT


async def test_wait_answers_with_the_first_evidence_committed(kz: LiveNode, ru: LiveNode) -> None:
    content = await delivered(kz)
    status = (await kz.get(f"/v1/messages/{content['message']}")).json()
    assert {one["event"] for one in status["evidence"]} >= {"RelayAcceptance", "ContentConsignment"}


async def test_wait_ends_when_the_time_is_up(kz: LiveNode, ru: LiveNode) -> None:
    ru.reachable = False
    made = await prepared(kz)
    answer = await kz.submit(submission(made), headers={"prefer": "respond-async, wait=1"})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert answer.headers["preference-applied"] == "wait=1"


@pytest.mark.parametrize("value", ["wait=-1", "wait=x", "wait", "await=5"])
async def test_a_preference_that_is_not_understood_is_passed_over(calm: LiveNode, value: str) -> None:
    answer = await calm.submit(submission(await prepared(calm)), value, headers={"prefer": value})
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


async def test_the_same_submission_is_answered_with_the_same_evidence(kz: LiveNode) -> None:
    made = submission(await prepared(kz))
    first, again = await kz.submit(made), await kz.submit(made)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["evidence"] == again.json()["evidence"]
    assert first.json()["decision"] == again.json()["decision"]
    assert len(kz.events("message.submitted")) == 1


async def test_concurrent_repetitions_send_one_message(kz: LiveNode) -> None:
    made = submission(await prepared(kz))
    answers = await asyncio.gather(*(kz.submit(made) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 202]
    assert len({answer.json()["evidence"] for answer in answers}) == 1
    assert len(kz.events("message.submitted")) == 1


async def test_a_key_used_for_another_message_is_refused(kz: LiveNode) -> None:
    await kz.submit(submission(await prepared(kz)))
    answer = await kz.submit(submission(await prepared(kz)))
    assert (answer.status_code, problem(answer)) == (422, "idempotency-key-reused")


async def test_the_key_of_another_client_does_not_matter(kz: LiveNode) -> None:
    await kz.submit(submission(await prepared(kz)))
    answer = await kz.submit({"draft": draft_json(kind="information", signatory=None)}, client=CLEARED_LOW)
    assert answer.status_code == 202


async def test_another_clients_message_cannot_be_repeated_for_its_evidence(kz: LiveNode) -> None:
    made = submission(await prepared(kz))
    await kz.submit(made)
    answer = await kz.submit(made, client=CLEARED_LOW)
    assert (answer.status_code, problem(answer)) == (409, "conflict")
    assert "evidence" not in answer.text.lower()


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "kéy", "\t"])
async def test_without_a_usable_idempotency_key_nothing_is_sent(calm: LiveNode, key: str) -> None:
    headers = {"idempotency-key": key.encode("utf-8")}
    answer = await calm.submit(submission(await prepared(calm)), headers=headers)
    assert (answer.status_code, problem(answer)) == (400, "idempotency-key-missing")


async def test_a_missing_idempotency_key_is_refused(kz: LiveNode) -> None:
    answer = await kz.post("/v1/messages", json=submission(await prepared(kz)))
    assert problem(answer) == "idempotency-key-missing"


async def test_a_denial_names_provisions_reasons_and_the_way_out(kz: LiveNode) -> None:
    made = await prepared(kz, signatory=None)
    answer = await kz.submit(submission(made, official_signature=None))
    assert (answer.status_code, problem(answer)) == (403, "denied")
    content = answer.json()
    assert "kz-ru-mvd-2008/5.4" in content["provisions"]
    assert content["recipient"] == "ru/mia"
    assert content["message"] == made["message"]
    assert content["reasons"]
    assert content["remedies"]
    assert kz.events("message.denied")[0]["provisions"] == list(content["provisions"])
    assert kz.node.store.message("out", str(made["message"])) is None


async def test_after_a_denial_the_key_is_free(kz: LiveNode) -> None:
    unsigned = await prepared(kz, signatory=None)
    assert (await kz.submit(submission(unsigned, official_signature=None))).status_code == 403
    assert (await kz.submit(submission(await prepared(kz)))).status_code == 202


async def test_a_signature_that_the_manifest_announces_must_come(kz: LiveNode) -> None:
    answer = await kz.submit(submission(await prepared(kz), official_signature=None))
    assert (problem(answer), answer.json()["problems"][0]["pointer"]) == ("invalid", "/official_signature")


async def test_a_client_without_the_scope_cannot_send(kz: LiveNode) -> None:
    answer = await kz.submit({}, client=SIMULATE_ONLY)
    assert (answer.status_code, problem(answer)) == (403, "insufficient-scope")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"manifest": None}, "/manifest"),
        ({"body": None}, "/body"),
        ({"manifest": ""}, "/manifest"),
        ({"manifest": "e30="}, "/manifest"),
        ({"manifest": "e30"}, "/manifest"),
        ({"manifest": "Привет"}, "/manifest"),
        ({"manifest": 7}, "/manifest"),
        ({"body": ["x"]}, "/body"),
        ({"body": "AAAA"}, "/body"),
        ({"official_signature": "x.y.z"}, "/official_signature"),
        ({"official_signature": ""}, "/official_signature"),
        ({"official_signature": "\ud83d\ude00"}, "/official_signature"),
        ({"official_signature": 1}, "/official_signature"),
        ({"uploads": {"2": "x"}}, "/uploads"),
        ({"uploads": {"0": "01a1fcf2-acba-7289-8bf9-354d9f0c3a8c"}}, "/uploads"),
        ({"uploads": {"2": "01a1fcf2-acba-7289-8bf9-354d9f0c3a8c"}}, "/uploads/2"),
        ({"uploads": []}, "/uploads"),
        ({"uploads": None}, "/uploads"),
        ({"surplus": 1}, ""),
        ({"draft": {}}, "/draft"),
    ],
)
async def test_a_wrong_member_is_named(calm: LiveNode, changes: dict[str, object], place: str) -> None:
    answer = await calm.submit(submission(await prepared(calm), **changes))
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert any(defect["pointer"].startswith(place) for defect in answer.json()["problems"]), answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'\xef\xbb\xbf{"manifest":"e30"}',
        b'{"manifest":"\\ud800","body":""}',
        b'{"manifest":"e30","manifest":"e30","body":"e30"}',
        b'{"uploads":{"2":"01a1fcf2-acba-7289-8bf9-354d9f0c3a8c","2":"01a1fcf2-acba-7289-8bf9-354d9f0c3a8c"}}',
        b'{"manifest":NaN}',
        b"{}{}",
    ],
)
async def test_what_is_not_strict_json_is_malformed(calm: LiveNode, content: bytes) -> None:
    answer = await calm.submit(content)
    assert (answer.status_code, problem(answer)) == (400, "malformed")


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "", "application/json5"])
async def test_another_media_type_is_refused(calm: LiveNode, media_type: str) -> None:
    answer = await calm.submit(submission(await prepared(calm)), headers={"content-type": media_type})
    assert (answer.status_code, problem(answer)) == (415, "unsupported-media-type")


async def test_a_signature_over_another_manifest_is_refused(kz: LiveNode) -> None:
    first, second = await prepared(kz), await prepared(kz)
    answer = await kz.submit(submission(first, official_signature=second["official_signature"]))
    assert problem(answer) == "invalid"


async def test_a_signature_by_a_stranger_is_refused(kz: LiveNode) -> None:
    made = await prepared(kz)
    forged = official_sign(SigningKey.generate(Usage.OFFICIAL), b64.decode(str(made["manifest"])))
    answer = await kz.submit(submission(made, official_signature=forged))
    assert answer.json()["problems"][0]["pointer"] == "/official_signature"


async def test_a_changed_manifest_no_longer_fits_its_signature(kz: LiveNode) -> None:
    made = await prepared(kz)
    manifest = canonical.decode(b64.decode(str(made["manifest"])))
    assert isinstance(manifest, dict)
    manifest["level"] = "open"
    answer = await kz.submit(submission(made, manifest=b64.encode(canonical.encode(manifest))))
    assert problem(answer) == "invalid"
    assert kz.events("message.submitted") == []


async def test_a_manifest_that_is_not_canonical_is_refused(kz: LiveNode) -> None:
    made = await prepared(kz)
    spaced = json.dumps(json.loads(b64.decode(str(made["manifest"])))).encode()
    answer = await kz.submit(submission(made, manifest=b64.encode(spaced)))
    assert problem(answer) == "invalid"


async def test_a_body_over_the_limit_is_refused_before_it_is_read(world: object, packs: object) -> None:
    async with Town(world, packs, max_request_bytes=4096) as town:  # type: ignore[arg-type]
        answer = await town["kz/mia"].submit(b"x" * 5000)
        assert (answer.status_code, problem(answer)) == (413, "too-large")
        assert "max_request_bytes" in answer.json()["detail"]


async def test_a_body_without_announced_length_is_limited_too(world: object, packs: object) -> None:
    async with Town(world, packs, max_request_bytes=4096) as town:  # type: ignore[arg-type]
        kz, sent = town["kz/mia"], 0

        async def endless() -> object:
            nonlocal sent
            while True:
                sent += 1
                yield b"x" * 1024

        headers = {"idempotency-key": "k", "content-type": "application/json"}
        answer = await kz.post("/v1/messages", content=endless(), headers=headers)
        assert (answer.status_code, sent) == (413, 5)


async def test_a_body_that_stands_still_is_given_up(world: object, packs: object) -> None:
    async with Town(world, packs, request_timeout_s=0.05) as town:  # type: ignore[arg-type]
        kz = town["kz/mia"]

        async def stalled() -> object:
            yield b"{"
            await asyncio.sleep(10)
            yield b"}"

        headers = {"idempotency-key": "k", "content-type": "application/json"}
        answer = await kz.post("/v1/messages", content=stalled(), headers=headers)
        assert (answer.status_code, problem(answer)) == (408, "slow-request")


async def test_a_client_has_its_own_rate_limit(world: object, packs: object) -> None:
    async with Town(world, packs, requests_per_minute=2) as town:  # type: ignore[arg-type]
        kz = town["kz/mia"]
        statuses = [(await kz.get("/v1/agreements")).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await kz.get("/v1/agreements", CLEARED_LOW)).status_code == 200
        limited = await kz.submit({})
        assert (problem(limited), limited.headers["retry-after"]) == ("too-many-requests", "30")
        await kz.clock.advance(30)
        assert (await kz.get("/v1/agreements")).status_code == 200


async def test_nothing_is_sent_while_the_log_cannot_be_written(kz: LiveNode) -> None:
    made = await prepared(kz)
    kz.node.store.close()
    answer = await kz.submit(submission(made))
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


async def test_a_defect_is_answered_without_any_detail(kz: LiveNode, monkeypatch: pytest.MonkeyPatch) -> None:
    made = submission(await prepared(kz))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("gateway.api.submitting.submit", broken)
    answer = await kz.submit(made)
    assert (answer.status_code, problem(answer)) == (500, "internal")
    assert "secret" not in answer.text
    ((_, fields),) = [(event, fields) for level, event, fields in kz.log.lines if level == "error"]
    assert fields["instance"] == answer.json()["instance"]


# Drafts


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"kind": "gossip"}, "/kind"),
        ({"kind": None}, ""),
        ({"recipients": []}, "/recipients"),
        ({"recipients": ["kz/mia"]}, "/recipients"),
        ({"recipients": "ru/mia"}, "/recipients"),
        ({"agreement": "no-such"}, "/agreement"),
        ({"level": "secret-ish"}, "/level"),
        ({"validity_s": 10**9}, "/validity_s"),
        ({"validity_s": 0}, "/validity_s"),
        ({"in_reply_to": "x"}, "/in_reply_to"),
        ({"body": {"v": 2}}, "/body/v"),
        ({"body": {"note": "x"}}, "/body"),
        ({"surplus": True}, ""),
        ({"sender": "ru/mia"}, ""),
    ],
)
async def test_a_wrong_draft_is_not_prepared(calm: LiveNode, changes: dict[str, object], place: str) -> None:
    answer = await calm.post("/v1/messages:prepare", json=draft_json(**changes))
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert any(defect["pointer"].startswith(place) for defect in answer.json()["problems"]), answer.text


async def test_preparing_stores_and_logs_nothing(kz: LiveNode) -> None:
    await kz.token()
    before = len(list(kz.node.store.leaves(0, 1000)))
    await prepared(kz)
    assert len(list(kz.node.store.leaves(0, 1000))) == before
    assert kz.node.store.messages_page(CLIENT, 0, 10) == []


def _acknowledgement(item: dict[str, str]) -> dict[str, object]:
    return {
        "draft": {
            "kind": "acknowledgement",
            "agreement": "kz-ru-mvd-2008",
            "recipients": ["kz/mia"],
            "in_reply_to": item["message"],
            "body": {"text": "Запрос принят."},
            "language": "ru",
            "purpose": "crime-solving",
        }
    }


async def test_a_draft_is_prepared_and_submitted_in_one_and_repeated_safely(
    kz: LiveNode, ru: LiveNode
) -> None:
    await delivered(kz)
    item = (await ru.get("/v1/inbox")).json()["items"][0]
    content = _acknowledgement(item)
    first = await ru.submit(content)
    assert first.status_code == 202, first.text
    again = await ru.submit(content)
    assert again.status_code == 200
    assert again.json()["evidence"] == first.json()["evidence"]
    assert len(ru.events("message.submitted")) == 1


async def test_concurrent_repetitions_of_a_draft_send_one_message(kz: LiveNode, ru: LiveNode) -> None:
    await delivered(kz)
    content = _acknowledgement((await ru.get("/v1/inbox")).json()["items"][0])
    answers = await asyncio.gather(*(ru.submit(content) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 202]
    assert len({answer.json()["message"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"body": {"text": "Запрос отклонён."}},
        {"purpose": "another"},
        {"level": "confidential"},
        {"kind": "clarification_query"},
        {"language": "en"},
        {"attachments": [{"upload": "01a1fcf2-acba-7289-8bf9-354d9f0c3a8c", "media_type": "a/b"}]},
    ],
)
async def test_another_draft_under_a_used_key_is_refused(
    kz: LiveNode, ru: LiveNode, changes: dict[str, object]
) -> None:
    await delivered(kz)
    content = _acknowledgement((await ru.get("/v1/inbox")).json()["items"][0])
    assert (await ru.submit(content)).status_code == 202
    other = {"draft": content["draft"] | changes}  # type: ignore[operator]
    answer = await ru.submit(other)
    assert (answer.status_code, problem(answer)) == (422, "idempotency-key-reused")
    assert len(ru.events("message.submitted")) == 1


async def test_a_draft_stands_alone(kz: LiveNode) -> None:
    answer = await kz.submit({"draft": draft_json(), "manifest": "e30"})
    assert (problem(answer), answer.json()["problems"][0]["pointer"]) == ("invalid", "/draft")


async def test_a_draft_without_the_signature_an_agreement_asks_for_is_denied(kz: LiveNode) -> None:
    answer = await kz.submit({"draft": draft_json(signatory=None)})
    assert problem(answer) == "denied"


# Anything at all


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_no_bytes_make_the_hot_route_fail(fuzzed: tuple[LiveNode, asyncio.Runner], data: bytes) -> None:
    kz, runner = fuzzed
    answer = runner.run(kz.submit(data, "fuzz"))
    assert answer.status_code in (400, 422), answer.text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_MEMBERS = st.sampled_from(["manifest", "body", "official_signature", "uploads", "draft"])


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(_MEMBERS, _JSON, max_size=5), st.binary(max_size=60))
def test_no_members_make_the_hot_route_fail(
    fuzzed: tuple[LiveNode, asyncio.Runner], content: dict[str, object], manifest: bytes
) -> None:
    kz, runner = fuzzed
    if len(content) % 2:
        content["manifest"] = b64.encode(manifest)
    answer = runner.run(kz.submit(json.dumps(content).encode("utf-8", "surrogatepass"), "fuzz"))
    assert answer.status_code in (400, 422), answer.text
