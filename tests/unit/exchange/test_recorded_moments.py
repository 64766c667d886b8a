"""What no message shows, recorded in a case by its own client, and the clocks that run from it."""

import asyncio

import msgspec
import pytest

from gateway.errors import Conflict, Invalid, NotFound
from gateway.exchange.collect import Reader
from gateway.exchange.firing import fire_due
from gateway.exchange.recording import CASE_MOMENTS, MomentRecord, Occurred, record_moment
from gateway.exchange.submit import Accepted
from gateway.ports.clock_rows import ClockRow
from keys import instants
from policies.packset import PackSet
from policies.timing import MOMENTS
from tests.support import drafts
from tests.support.hostile import HOUR_MS
from tests.support.village import READER, Village

KZ, RU = "kz/mia", "ru/mia"
STRANGER = Reader("other-system", "open", frozenset())
OBSTACLE = MomentRecord("obstacle_known")


def recorded(village: Village, authority: str, case: str, record: MomentRecord = OBSTACLE) -> Occurred:
    return village.run(record_moment(village.node(authority), READER, case, record))


def clocks(village: Village, authority: str, case: str, name: str) -> list[ClockRow]:
    other = KZ if authority == RU else RU
    return [row for row in village.node(authority).store.clocks(case, other) if row.clock == name]


def moments_logged(village: Village, authority: str) -> list[dict[str, object]]:
    return [dict(leaf.fields) for leaf in village.leaves(authority) if leaf.event == "case.moment"]


def at(ms: int, moment: str = "obstacle_known") -> MomentRecord:
    return MomentRecord(moment, instants.write(ms))  # type: ignore[arg-type]


@pytest.fixture
def asked(village: Village) -> Accepted:
    return village.exchanged(KZ, drafts.request())


def test_kz_ru_mvd_2008_7_1_a_known_obstacle_is_to_be_told_and_the_notice_stops_the_clock(
    village: Village, asked: Accepted
) -> None:
    begun = recorded(village, RU, asked.case)
    assert [(row.clock, row.owner, row.state) for row in begun.clocks] == [("obstacle_notice", RU, "running")]
    village.clock.now += HOUR_MS
    village.exchanged(RU, drafts.reply("obstacle_notice", asked.case, asked.message))
    [clock] = clocks(village, RU, asked.case, "obstacle_notice")
    assert (clock.state, clock.ended_ms) == ("stopped", village.clock.now)
    [leaf] = moments_logged(village, RU)
    assert (leaf["moment"], leaf["case"], leaf["provisions"]) == (
        "obstacle_known",
        asked.case,
        ["kz-ru-mvd-2008/7.1"],
    )
    assert clocks(village, KZ, asked.case, "obstacle_notice") == []  # nobody else's knowledge


def test_an_obstacle_that_is_not_told_is_overdue_after_the_grace(village: Village, asked: Accepted) -> None:
    recorded(village, RU, asked.case)
    village.clock.now += 23 * HOUR_MS
    assert village.run(fire_due(village.node(RU))) == 0
    village.clock.now += 2 * HOUR_MS
    village.run(fire_due(village.node(RU)))
    [clock] = clocks(village, RU, asked.case, "obstacle_notice")
    assert clock.state == "fired"
    notices = [item.notice.clock for item in village.node(RU).store.notices(0, 9)]
    assert "obstacle_notice" in notices


def test_recording_again_changes_nothing(village: Village, asked: Accepted) -> None:
    village.clock.now += HOUR_MS
    stated = at(village.clock.now - 1000)
    first = recorded(village, RU, asked.case, stated)
    village.clock.now += HOUR_MS
    for again in (stated, OBSTACLE):
        assert recorded(village, RU, asked.case, again).clocks == first.clocks
    with pytest.raises(Conflict, match="on record"):
        recorded(village, RU, asked.case, at(village.clock.now))
    assert len(moments_logged(village, RU)) == len(clocks(village, RU, asked.case, "obstacle_notice")) == 1
    village.exchanged(RU, drafts.reply("obstacle_notice", asked.case, asked.message))
    recorded(village, RU, asked.case, stated)  # a repetition that arrives after the clock was stopped
    assert len(clocks(village, RU, asked.case, "obstacle_notice")) == 1
    village.clock.now += HOUR_MS
    assert recorded(village, RU, asked.case).clocks[0].run == 2  # another obstacle


def test_two_records_at_once_start_one_clock(village: Village, asked: Accepted) -> None:
    async def both() -> None:
        node = village.node(RU)
        await asyncio.gather(*(record_moment(node, READER, asked.case, OBSTACLE) for _ in range(4)))

    village.run(both())
    assert len(clocks(village, RU, asked.case, "obstacle_notice")) == len(moments_logged(village, RU)) == 1


def test_a_notice_sent_beside_the_record_is_not_overlooked(village: Village, asked: Accepted) -> None:
    from gateway.exchange.prepare import prepare
    from gateway.exchange.submission import Submission
    from gateway.exchange.submit import submit
    from tests.support.world import CLIENT

    node = village.node(RU)
    made = prepare(node, CLIENT, drafts.reply("obstacle_notice", asked.case, asked.message))
    sent = Submission(made.manifest, made.body, None, made.uploads, made.message)

    async def both() -> None:
        await asyncio.gather(submit(node, CLIENT, sent), record_moment(node, READER, asked.case, OBSTACLE))

    village.run(both())
    [clock] = clocks(village, RU, asked.case, "obstacle_notice")
    assert (clock.state, clock.ended_by) == ("stopped", made.message)


def test_what_was_told_before_it_was_recorded_shows_how_late_it_was(
    village: Village, asked: Accepted
) -> None:
    known_ms = village.clock.now
    village.clock.now += 30 * HOUR_MS
    village.exchanged(RU, drafts.reply("obstacle_notice", asked.case, asked.message))
    [clock] = recorded(village, RU, asked.case, at(known_ms)).clocks
    assert (clock.state, clock.started_ms, clock.ended_ms) == ("stopped", known_ms, village.clock.now)
    assert village.run(fire_due(village.node(RU))) <= 1  # of the execution alone


def test_a_refused_notice_lets_the_clock_run_on(village: Village, asked: Accepted) -> None:
    recorded(village, RU, asked.case)
    village.send(RU, drafts.reply("obstacle_notice", asked.case, asked.message))
    [clock] = clocks(village, RU, asked.case, "obstacle_notice")
    from gateway.exchange.following import follow_refusal

    writes = follow_refusal(village.node(RU), KZ, str(clock.ended_by))
    assert [
        getattr(write, "state", None) for write in writes if getattr(write, "clock", "") == clock.clock
    ] == ["running"]


@pytest.mark.parametrize(
    ("moment", "asking"),
    [("competence_lacking", "competence_notice"), ("executed", "result_notice")],
)
def test_kz_ru_mvd_2008_7_2_and_7_6_each_moment_starts_the_clock_of_its_provision(
    village: Village, asked: Accepted, moment: str, asking: str
) -> None:
    begun = recorded(village, RU, asked.case, MomentRecord(moment))  # type: ignore[arg-type]
    assert [row.clock for row in begun.clocks] == [asking]


def test_the_other_sides_duty_is_not_recorded_here(village: Village, asked: Accepted) -> None:
    with pytest.raises(Invalid, match="a matter of the executor"):
        recorded(village, KZ, asked.case)
    assert moments_logged(village, KZ) == []


@pytest.mark.parametrize("moment", ["refusal_decided", "data_error_proven", "disclosure_intended"])
def test_a_moment_that_the_agreement_has_no_clock_for_is_refused(
    village: Village, asked: Accepted, moment: str
) -> None:
    with pytest.raises(Invalid, match="starts no time limit"):
        recorded(village, RU, asked.case, MomentRecord(moment))  # type: ignore[arg-type]


def test_an_instant_in_the_future_before_the_case_or_malformed_is_refused(
    village: Village, asked: Accepted
) -> None:
    for record in (
        at(village.clock.now + 1),
        at(village.clock.now - 1),
        MomentRecord("obstacle_known", "now"),
    ):
        with pytest.raises(Invalid, match="/at"):
            recorded(village, RU, asked.case, record)


def test_a_case_of_others_and_one_above_the_clearance_look_alike(village: Village, asked: Accepted) -> None:
    node = village.node(RU)
    for reader, case in ((STRANGER, asked.case), (READER, "01a1fcf2-acba-7289-8bf9-354d9f0c3a8c")):
        with pytest.raises(NotFound, match="no such case"):
            village.run(record_moment(node, reader, case, OBSTACLE))
    with pytest.raises(NotFound, match="no such case"):
        recorded(village, RU, asked.case, MomentRecord("obstacle_known", counterpart="tm/mia"))


def test_a_case_that_admits_no_remedy_takes_no_moment(village: Village, asked: Accepted) -> None:
    village.exchanged(RU, drafts.reply("result", asked.case, asked.message))
    with pytest.raises(Conflict, match="admits nothing"):
        recorded(village, RU, asked.case, MomentRecord("competence_lacking"))


def test_messages_derived_and_admins_moments_are_not_a_clients_to_record() -> None:
    assert set(CASE_MOMENTS) < set(MOMENTS)
    for moment in ("leaving_notice", "agreement_ended", "deletion_due", "request", "result"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode({"moment": moment}), type=MomentRecord)


def test_every_recordable_moment_but_one_is_used_by_a_pack(packs: PackSet) -> None:
    used = {name for one in packs.agreements for clock in packs.pack(one).clocks for name in clock.starts_on}
    assert set(CASE_MOMENTS) - used == {"disclosure_intended"}  # kz-ru-mvd-2008/8.4 sets no time
