"""Inbox, collection, parts, acknowledgement and cases: what a client may see, and what it must not notice."""

import asyncio

import pytest

from keys import b64
from keys.signatures import verify_seal
from tests.support.exchanges import delivered, draft_json, first_item, prepared, problem, submission
from tests.support.node_fixture import CLEARED_LOW, SIMULATE_ONLY, LiveNode
from tests.support.world import CLIENT

pytestmark = pytest.mark.anyio

UNKNOWN = "01a1fcf2-acba-7289-8bf9-354d9f0c3a8c"
PURPOSE = {"purpose": "crime-solving"}


async def test_a_message_is_collected_with_what_was_signed(kz: LiveNode, ru: LiveNode) -> None:
    made = await prepared(kz)
    await kz.submit(submission(made), headers={"prefer": "wait=5"})
    item = await first_item(ru)
    answer = await ru.post(f"/v1/inbox/{item}:collect", json=PURPOSE)
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert content["manifest_bytes"] == made["manifest"]
    assert content["official_signature"] == made["official_signature"]
    assert content["manifest"]["id"] == content["message"] == made["message"]
    assert content["body"]["elements"]["content"]
    assert content["attachments"] == []
    assert [one["client"] for one in ru.events("message.collected")] == [CLIENT]


async def test_collecting_again_is_the_same_and_logged_once(kz: LiveNode, ru: LiveNode) -> None:
    await delivered(kz)
    item = await first_item(ru)
    first = await ru.post(f"/v1/inbox/{item}:collect", json=PURPOSE)
    again = await ru.post(f"/v1/inbox/{item}:collect", json=PURPOSE)
    assert first.json() == again.json()
    assert len(ru.events("message.collected")) == 1


async def test_the_sender_learns_of_the_handover(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    waiting = kz.node.waiters.register(sent["message"])
    await ru.post(f"/v1/inbox/{await first_item(ru)}:collect", json=PURPOSE)
    await asyncio.wait_for(waiting, 5)
    status = (await kz.get(f"/v1/messages/{sent['message']}")).json()
    assert status["state"] == "handed_over"
    assert ("ContentHandover", "ru/mia") in {(one["event"], one["giver"]) for one in status["evidence"]}


@pytest.mark.parametrize("content", [{"purpose": "curiosity"}, {}])
async def test_another_purpose_or_none_is_denied(kz: LiveNode, ru: LiveNode, content: dict[str, str]) -> None:
    await delivered(kz)
    answer = await ru.post(f"/v1/inbox/{await first_item(ru)}:collect", json=content)
    assert (answer.status_code, problem(answer)) == (403, "denied")
    assert "kz-ru-mvd-2008/8.2" in answer.json()["provisions"]
    assert ru.events("message.collected") == []
    assert ru.events("message.denied")[0]["act"] == "collect"


async def test_an_uncleared_client_does_not_learn_that_there_is_anything(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    item = await first_item(ru)
    assert (await ru.get("/v1/inbox", CLEARED_LOW)).json()["items"] == []
    known = [
        await ru.post(f"/v1/inbox/{item}:collect", CLEARED_LOW, json=PURPOSE),
        await ru.get(f"/v1/inbox/{item}/parts/1", CLEARED_LOW),
        await ru.post(f"/v1/inbox/{item}:acknowledge", CLEARED_LOW),
        await ru.get(f"/v1/cases/{sent['case']}", CLEARED_LOW),
    ]
    unknown = [
        await ru.post(f"/v1/inbox/{UNKNOWN}:collect", CLEARED_LOW, json=PURPOSE),
        await ru.get(f"/v1/inbox/{UNKNOWN}/parts/1", CLEARED_LOW),
        await ru.post(f"/v1/inbox/{UNKNOWN}:acknowledge", CLEARED_LOW),
        await ru.get(f"/v1/cases/{UNKNOWN}", CLEARED_LOW),
    ]
    for first, second in zip(known, unknown, strict=True):
        assert (first.status_code, problem(first)) == (404, "not-found")
        assert {k: v for k, v in first.json().items() if k != "instance"} == {
            k: v for k, v in second.json().items() if k != "instance"
        }
        assert dict(first.headers) == dict(second.headers)


async def test_cursors_show_no_gap_where_something_is_hidden(kz: LiveNode, ru: LiveNode) -> None:
    await delivered(kz, "a")
    first = (await ru.get("/v1/inbox")).json()["cursor"]
    empty = (await ru.get("/v1/inbox", CLEARED_LOW)).json()
    beginning = await ru.get("/v1/inbox", CLEARED_LOW, params={"cursor": empty["cursor"]})
    assert beginning.json() == empty
    foreign = await ru.get("/v1/inbox", CLEARED_LOW, params={"cursor": first})
    assert (foreign.status_code, problem(foreign)) == (422, "invalid")


async def test_pages_go_on_where_they_ended(kz: LiveNode, ru: LiveNode) -> None:
    sent = [(await delivered(kz, f"key-{n}"))["message"] for n in range(3)]
    page = (await ru.get("/v1/inbox", params={"limit": "2"})).json()
    rest = (await ru.get("/v1/inbox", params={"limit": "2", "cursor": page["cursor"]})).json()
    assert [one["message"] for one in page["items"] + rest["items"]] == sent
    own = (await kz.get("/v1/messages", params={"limit": "1"})).json()
    more = (await kz.get("/v1/messages", params={"cursor": own["cursor"]})).json()
    assert [one["message"] for one in own["items"] + more["items"]] == sent
    swapped = await kz.get("/v1/inbox", params={"cursor": own["cursor"]})
    assert problem(swapped) == "invalid"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1e2",
        "limit=٣",
        "cursor=",
        "cursor=1",
        "cursor=AAAA",
        "wait=-1",
        "wait=soon",
        "wait=1.5",
        "limit=1&limit=2",
        "order=desc",
    ],
)
async def test_a_wrong_parameter_is_named(calm: LiveNode, query: str) -> None:
    answer = await calm.get(f"/v1/inbox?{query}")
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert answer.json()["problems"][0]["pointer"] == "/" + query.partition("=")[0]


async def test_a_long_poll_ends_with_the_message_that_comes(kz: LiveNode, ru: LiveNode) -> None:
    await ru.token()
    poll = asyncio.ensure_future(ru.get("/v1/inbox", params={"wait": "5"}))
    await asyncio.sleep(0.01)
    assert not poll.done()
    sent = await delivered(kz)
    page = (await asyncio.wait_for(poll, 5)).json()
    assert [one["message"] for one in page["items"]] == [sent["message"]]


async def test_a_long_poll_is_not_woken_by_what_the_client_may_not_see(kz: LiveNode, ru: LiveNode) -> None:
    await ru.token(CLEARED_LOW)
    poll = asyncio.ensure_future(ru.get("/v1/inbox", CLEARED_LOW, params={"wait": "1"}))
    await delivered(kz)
    await asyncio.sleep(0.05)
    assert not poll.done()
    assert (await poll).json()["items"] == []


async def test_empty_polls_are_counted_per_minute(ru: LiveNode) -> None:
    for _ in range(4):
        await ru.get("/v1/inbox")
    await ru.get("/v1/inbox", CLEARED_LOW)
    assert ru.events("client.polls") == []
    await ru.clock.advance(60)
    counted = {one["client"]: one["count"] for one in ru.events("client.polls")}
    assert counted == {CLIENT: 4, CLEARED_LOW: 1}


async def test_what_was_counted_is_written_when_the_api_stops(ru: LiveNode) -> None:
    await ru.get("/v1/inbox")
    await ru.app.close()
    assert [one["count"] for one in ru.events("client.polls")] == [1]


async def test_acknowledging_needs_collection_first_and_twice_is_harmless(kz: LiveNode, ru: LiveNode) -> None:
    await delivered(kz)
    item = await first_item(ru)
    early = await ru.post(f"/v1/inbox/{item}:acknowledge")
    assert (early.status_code, problem(early)) == (409, "conflict")
    await ru.post(f"/v1/inbox/{item}:collect", json=PURPOSE)
    for _ in range(2):
        assert (await ru.post(f"/v1/inbox/{item}:acknowledge")).status_code == 204
    assert len(ru.events("message.acknowledged")) == 1


async def test_an_attachment_travels_and_is_streamed_to_the_collector(kz: LiveNode, ru: LiveNode) -> None:
    content = bytes(range(256)) * 4096  # over max_inline_part_bytes, so it travels as a stream
    uploaded = await kz.post("/v1/uploads", content=content)
    assert uploaded.status_code == 201, uploaded.text
    attachment = {"upload": uploaded.json()["upload"], "media_type": "application/pdf", "name": "annex.pdf"}
    await delivered(kz, attachments=[attachment])
    item = await first_item(ru)
    before = await ru.get(f"/v1/inbox/{item}/parts/2")
    assert (before.status_code, problem(before)) == (404, "not-found")
    collected = (await ru.post(f"/v1/inbox/{item}:collect", json=PURPOSE)).json()
    (part,) = collected["attachments"]
    assert (part["name"], part["size"], part["position"]) == ("annex.pdf", len(content), 2)
    answer = await ru.get(f"/v1/inbox/{item}/parts/2")
    assert answer.content == content
    assert int(answer.headers["content-length"]) == len(content)
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("position", ["0", "3", "99", "-1", "x", "2.0", "٢", "100000"])
async def test_other_parts_are_not_found(kz: LiveNode, ru: LiveNode, position: str) -> None:
    await delivered(kz)
    item = await first_item(ru)
    await ru.post(f"/v1/inbox/{item}:collect", json=PURPOSE)
    answer = await ru.get(f"/v1/inbox/{item}/parts/{position}")
    assert (answer.status_code, problem(answer)) == (404, "not-found")


async def test_the_senders_message_id_does_not_open_the_inbox(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    answer = await ru.post(f"/v1/inbox/{sent['message']}:collect", json=PURPOSE)
    assert answer.status_code == 404


async def test_a_case_shows_both_sides_the_same_events(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    ours = (await kz.get(f"/v1/cases/{sent['case']}")).json()
    theirs = (await ru.get(f"/v1/cases/{sent['case']}")).json()
    assert (ours["role"], theirs["role"]) == ("requester", "executor")
    assert ours["state"] == theirs["state"] == "requested"
    assert [one["message"] for one in ours["events"]] == [sent["message"]]
    assert [one["kind"] for one in theirs["events"]] == ["request"]


async def test_another_client_of_the_sender_does_not_see_the_case(kz: LiveNode) -> None:
    answer = await kz.submit({"draft": draft_json(kind="information", signatory=None, level="open")})
    assert answer.status_code == 202, answer.text
    case = answer.json()["case"]
    assert (await kz.get(f"/v1/cases/{case}")).status_code == 200
    foreign = await kz.get(f"/v1/cases/{case}", CLEARED_LOW)
    assert (foreign.status_code, problem(foreign)) == (404, "not-found")


@pytest.mark.parametrize("case", [UNKNOWN, "x", "..", "%2e%2e", "' OR 1=1 --", "a" * 300])
async def test_unknown_cases_look_alike(calm: LiveNode, case: str) -> None:
    answer = await calm.get(f"/v1/cases/{case}")
    assert (answer.status_code, problem(answer)) == (404, "not-found")


async def test_messages_of_another_client_are_unknown(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    assert (await kz.get("/v1/messages", CLEARED_LOW)).json()["items"] == []
    for path in ("", "/evidence/RelayAcceptance"):
        answer = await kz.get(f"/v1/messages/{sent['message']}{path}", CLEARED_LOW)
        assert (answer.status_code, problem(answer)) == (404, "not-found")


async def test_evidence_is_given_byte_for_byte(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    path = f"/v1/messages/{sent['message']}/evidence"
    answer = await kz.get(f"{path}/SubmissionAcceptance")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == sent["evidence"]
    stored = kz.node.store.evidence("kz/mia", str(sent["message"]), str(sent["manifest_digest"]))
    relay = next(row.bundle for row in stored if row.event == "RelayAcceptance")
    assert (await kz.get(f"{path}/RelayAcceptance", params={"giver": "ru/mia"})).content == relay
    for missing in (f"{path}/RelayRejection", f"{path}/relayacceptance", f"{path}/x"):
        assert (await kz.get(missing)).status_code == 404
    assert (await kz.get(f"{path}/RelayAcceptance", params={"giver": "tm/mia"})).status_code == 404


async def test_reading_and_collecting_need_their_scopes(ru: LiveNode) -> None:
    for method, path in (
        ("GET", "/v1/inbox"),
        ("GET", "/v1/messages"),
        ("GET", f"/v1/messages/{UNKNOWN}"),
        ("GET", f"/v1/cases/{UNKNOWN}"),
        ("POST", f"/v1/inbox/{UNKNOWN}:collect"),
        ("POST", f"/v1/inbox/{UNKNOWN}:acknowledge"),
        ("GET", f"/v1/inbox/{UNKNOWN}/parts/2"),
        ("POST", "/v1/uploads"),
    ):
        answer = await ru.request(method, path, SIMULATE_ONLY)
        assert (answer.status_code, problem(answer)) == (403, "insufficient-scope"), path


async def test_the_collected_seal_is_over_the_very_bytes(kz: LiveNode, ru: LiveNode) -> None:
    await delivered(kz)
    content = (await ru.post(f"/v1/inbox/{await first_item(ru)}:collect", json=PURPOSE)).json()
    verify_seal(
        content["seal"],
        b64.decode(content["manifest_bytes"]),
        content["official_signature"],
        kz.node.identity.seal_key.public,
    )
