"""Time limits as clients see them: clocks of a case, notices, long polls, and what must not be noticed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.exchange.firing import fire_due
from keys import b64
from keys.signatures import official_sign
from policies.packset import PackSet
from tests.support import drafts
from tests.support.agreements import to_execute_in
from tests.support.exchanges import delivered, prepared, problem, submission
from tests.support.node_fixture import CLEARED_LOW, SIMULATE_ONLY, LiveNode, Town
from tests.support.world import CLIENT, World

pytestmark = pytest.mark.anyio

DAY_S = 86_400
UNKNOWN = "01a1fcf2-acba-7289-8bf9-354d9f0c3a8c"


@pytest.fixture(scope="session")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> PackSet:
    return to_execute_in(tmp_path_factory.mktemp("packs"), 5)


@pytest.fixture
async def town(world: World, clocked: PackSet) -> AsyncIterator[Town]:
    async with Town(world, clocked) as live:
        yield live


async def _days(days: float, *nodes: LiveNode) -> None:
    """Let days pass, and a second: the nodes' clocks differ by some milliseconds."""
    for node in nodes:
        await node.clock.advance(days * DAY_S + 1)
        node._tokens.clear()


async def _clocks(node: LiveNode, case: object) -> list[dict[str, object]]:
    answer = await node.get(f"/v1/cases/{case}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["counterparts"][0]["clocks"])


async def _notices(node: LiveNode, client: str = CLIENT) -> list[dict[str, str]]:
    return list((await node.get("/v1/notices", client)).json()["items"])


async def test_both_sides_see_the_same_clock_from_the_receipt_on(kz: LiveNode, ru: LiveNode) -> None:
    await kz.clock.advance(30)  # the sender's own clock is fast, and does not count
    sent = await delivered(kz)
    ours, theirs = await _clocks(kz, sent["case"]), await _clocks(ru, sent["case"])
    assert ours == theirs
    [clock] = ours
    assert (clock["clock"], clock["provision"], clock["state"]) == (
        "execution",
        "kz-ru-mvd-2008/7.1",
        "running",
    )
    assert (clock["duty"], clock["owner"], clock["overdue"]) == ("executor", "ru/mia", False)
    assert clock["label"] == "quickly and as fully as possible"


async def test_a_request_that_did_not_arrive_yet_has_no_due_date(kz: LiveNode, ru: LiveNode) -> None:
    ru.reachable = False
    answer = await kz.submit(submission(await prepared(kz)))
    [clock] = await _clocks(kz, answer.json()["case"])
    assert (clock["state"], clock["started"], clock["due"]) == ("pending", None, None)
    await _days(6, kz)
    assert await fire_due(kz.node) == 0


async def test_a_reminder_and_the_end_reach_both_sides_and_only_the_late_one_must_explain(
    kz: LiveNode, ru: LiveNode
) -> None:
    sent = await delivered(kz)
    await _days(2, kz, ru)
    assert (await fire_due(kz.node), await fire_due(ru.node)) == (1, 1)
    await _days(3, kz, ru)
    assert (await fire_due(kz.node), await fire_due(ru.node)) == (1, 1)
    assert (await fire_due(kz.node), await fire_due(ru.node)) == (0, 0)
    for node in (kz, ru):
        found = await _notices(node)
        assert [one["event"] for one in found] == ["clock.reminder", "clock.overdue"]
        assert {one["case"] for one in found} == {sent["case"]}
    assert [one["flag"] for one in await _notices(kz)] == ["owed", "owed"]
    assert [one["flag"] for one in await _notices(ru)] == ["owed", "unexplained"]
    for node, outcome in ((kz, "owed"), (ru, "unexplained")):
        [logged] = node.events("clock.overdue")
        assert logged["outcome"] == outcome
        assert logged["provisions"] == ["kz-ru-mvd-2008/7.1"]
        assert len(node.events("clock.reminder")) == 1
    [clock] = await _clocks(ru, sent["case"])
    assert (clock["state"], clock["overdue"]) == ("fired", True)


async def test_an_obstacle_notice_explains_what_is_late(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    await _reply(ru, "obstacle_notice", sent)
    await _days(5, kz, ru)
    await fire_due(ru.node)
    assert [one["flag"] for one in await _notices(ru)] == ["owed"]


async def test_a_late_result_is_not_blocked_and_stays_marked_as_late(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    await _days(6, kz, ru)
    await fire_due(ru.node)
    await fire_due(kz.node)
    await _reply(ru, "result", sent)
    ours, theirs = await _clocks(kz, sent["case"]), await _clocks(ru, sent["case"])
    assert ours == theirs
    assert (ours[0]["state"], ours[0]["overdue"]) == ("stopped", True)


async def test_a_question_suspends_the_clock_the_same_at_both_ends(kz: LiveNode, ru: LiveNode) -> None:
    sent = await delivered(kz)
    query = await _reply(ru, "clarification_query", sent)
    assert {one["state"] for node in (kz, ru) for one in await _clocks(node, sent["case"])} == {"paused"}
    await _days(6, kz, ru)
    assert (await fire_due(kz.node), await fire_due(ru.node)) == (0, 0)
    await _reply(kz, "clarification_answer", sent, to=query["message"])
    ours, theirs = await _clocks(kz, sent["case"]), await _clocks(ru, sent["case"])
    assert ours == theirs
    assert ours[0]["state"] == "running"
    assert int(str(ours[0]["waited_s"])) // DAY_S == 6


async def test_a_notice_about_what_a_client_is_not_cleared_for_is_as_if_it_were_not(
    kz: LiveNode, ru: LiveNode
) -> None:
    await delivered(kz)
    await _days(5, ru)
    await fire_due(ru.node)
    [notice] = await _notices(ru)
    empty = (await ru.get("/v1/notices", CLEARED_LOW)).json()
    assert empty["items"] == []
    again = await ru.get("/v1/notices", CLEARED_LOW, params={"cursor": empty["cursor"]})
    assert again.json() == empty
    known = await ru.post(f"/v1/notices/{notice['id']}:acknowledge", CLEARED_LOW)
    unknown = await ru.post(f"/v1/notices/{UNKNOWN}:acknowledge", CLEARED_LOW)
    for answer in (known, unknown):
        assert (answer.status_code, problem(answer)) == (404, "not-found")
    assert {k: v for k, v in known.json().items() if k != "instance"} == {
        k: v for k, v in unknown.json().items() if k != "instance"
    }
    assert len(await _notices(ru)) == 1
    assert ru.events("notice.acknowledged") == []


async def test_a_client_that_has_no_part_in_a_case_learns_nothing_of_its_clocks(
    kz: LiveNode, ru: LiveNode
) -> None:
    """The other client of the sender, cleared for the level, has not sent anything in this case."""
    await delivered(kz, level="open")
    await _days(5, kz)
    await fire_due(kz.node)
    assert len(await _notices(kz)) == 1
    assert await _notices(kz, CLEARED_LOW) == []


async def test_notices_need_the_scope_to_read(kz: LiveNode) -> None:
    answer = await kz.get("/v1/notices", SIMULATE_ONLY)
    assert answer.status_code == 403


async def test_an_acknowledged_notice_leaves_the_list_and_twice_is_harmless(
    kz: LiveNode, ru: LiveNode
) -> None:
    await delivered(kz)
    await _days(5, ru)
    await fire_due(ru.node)
    [notice] = await _notices(ru)
    for _ in range(2):
        assert (await ru.post(f"/v1/notices/{notice['id']}:acknowledge")).status_code == 204
    assert await _notices(ru) == []
    assert [one["client"] for one in ru.events("notice.acknowledged")] == [CLIENT]


async def test_notices_page_and_a_foreign_cursor_is_refused(kz: LiveNode, ru: LiveNode) -> None:
    for number in range(3):
        await delivered(kz, f"key-{number}")
    await _days(5, ru)
    await fire_due(ru.node)
    page = (await ru.get("/v1/notices", params={"limit": "2"})).json()
    rest = (await ru.get("/v1/notices", params={"limit": "2", "cursor": page["cursor"]})).json()
    assert len({one["id"] for one in page["items"] + rest["items"]}) == 3
    assert problem(await ru.get("/v1/inbox", params={"cursor": page["cursor"]})) == "invalid"
    assert problem(await ru.get("/v1/notices", CLEARED_LOW, params={"cursor": page["cursor"]})) == "invalid"
    assert problem(await ru.get("/v1/notices", params={"wait": "soon"})) == "invalid"


async def test_a_long_poll_ends_with_the_notice_that_comes(kz: LiveNode, ru: LiveNode) -> None:
    await delivered(kz)
    await _days(5, ru)
    await ru.token()
    poll = asyncio.ensure_future(ru.get("/v1/notices", params={"wait": "5"}))
    await asyncio.sleep(0.01)
    assert not poll.done()
    await fire_due(ru.node)
    page = (await asyncio.wait_for(poll, 5)).json()
    assert [one["event"] for one in page["items"]] == ["clock.overdue"]


async def _reply(node: LiveNode, kind: str, sent: dict[str, object], to: object = None) -> dict[str, object]:
    recipient = "kz/mia" if node.member.authority == "ru/mia" else "ru/mia"
    draft = drafts.reply(kind, str(sent["case"]), str(to or sent["message"]), recipient=recipient)
    content = {k: v for k, v in msgspec.to_builtins(draft).items() if v is not None}
    answer = await node.post("/v1/messages:prepare", json=content)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    signature = official_sign(node.member.head, b64.decode(made["manifest"])) if draft.signatory else None
    body = {"manifest": made["manifest"], "body": made["body"], "official_signature": signature}
    done = await node.submit(
        body | {"uploads": made["uploads"]}, f"{kind}-{made['message']}", headers={"prefer": "wait=5"}
    )
    assert done.status_code == 202, done.text
    assert done.json()["state"] == "consigned", done.text
    return dict(done.json())


def test_the_shipped_clocks_are_still_those_the_tests_change(clocked: PackSet, tmp_path: Path) -> None:
    clock = clocked.pack("kz-ru-mvd-2008").clock("execution")
    assert (clock.duration_s, clock.notices, clock.starts_at) == (5 * DAY_S, "both", "receipt")


async def test_a_moment_is_recorded_by_a_client_that_may_send_and_sees_the_case(
    kz: LiveNode, ru: LiveNode
) -> None:
    sent = await delivered(kz)
    path, moment = f"/v1/cases/{sent['case']}/moments", {"moment": "obstacle_known"}
    answer = await ru.post(path, json=moment)
    assert answer.status_code == 200, answer.text
    [clock] = answer.json()["clocks"]
    assert (clock["clock"], clock["owner"], clock["due"]) == (
        "obstacle_notice",
        "ru/mia",
        answer.json()["at"],
    )
    assert clock in await _clocks(ru, sent["case"])
    assert (await ru.post(path, json=moment)).json() == answer.json()
    for wrong in ({"moment": "leaving_notice"}, {}, moment | {"at": "2090-01-01T00:00:00Z"}):
        assert (await ru.post(path, json=wrong)).status_code == 422
    assert (await ru.post(f"/v1/cases/{UNKNOWN}/moments", json=moment)).status_code == 404
    assert (await ru.post(path, SIMULATE_ONLY, json=moment)).status_code == 403
    assert (await ru.post(path, CLEARED_LOW, json=moment)).status_code in (403, 404)


async def test_a_change_of_the_list_is_recorded_for_the_agreement_and_its_notice_names_no_case(
    kz: LiveNode,
) -> None:
    path = "/v1/agreements/kz-az-2005/moments"
    record = {"moment": "amendment", "on": "2026-01-31"}
    answer = await kz.post(path, json=record)
    assert answer.status_code == 200, answer.text
    [clock] = answer.json()["clocks"]
    assert (clock["clock"], clock["owner"], clock["state"]) == ("list_change", "kz/mia", "running")
    assert (await kz.post(path, json=record)).json() == answer.json()
    await _days(2, kz)
    await fire_due(kz.node)
    [notice] = await _notices(kz)
    assert (notice["case"], notice["counterpart"], notice["agreement"]) == (None, None, "kz-az-2005")
    assert (await kz.post(f"/v1/notices/{notice['id']}:acknowledge")).status_code == 204
    for wrong in ({"moment": "amendment"}, {"moment": "amendment", "on": "2999-01-01"}, {"moment": "result"}):
        assert (await kz.post(path, json=wrong)).status_code == 422
    assert (await kz.post(path, SIMULATE_ONLY, json=record)).status_code == 403
    assert (await kz.post("/v1/agreements/kz-xx-1999/moments", json=record)).status_code == 404
