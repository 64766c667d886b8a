"""Weeks of virtual time: thirty days under a clock, over a bad network and crashes, the same at both ends."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from audit.events import decode_leaf
from gateway.exchange.clocks import FIRED, STOPPED, is_overdue
from gateway.ports.clock_rows import ClockRow
from policies.packset import PackSet
from tests.simulation.simulation import Simulation, new_simulation
from tests.simulation.test_determinism import _copy
from tests.simulation.virtual import START_MS
from tests.support import drafts
from tests.support.agreements import DAY_S, to_execute_in
from tests.support.world import World, make_world

KZ, RU = "kz/mia", "ru/mia"
DAY_MS = DAY_S * 1000


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"), now_ms=START_MS)


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> PackSet:
    return to_execute_in(tmp_path_factory.mktemp("packs"), 30)


Story = Callable[[Simulation], Awaitable[None]]


def played(
    world: World, packs: PackSet, story: Story, *, seed: str = "days", crash: float = 0.0
) -> Simulation:
    simulation = new_simulation(seed, world, packs, drop=0.1, double=0.1, crash=crash)
    simulation.scanning = True

    async def run() -> None:
        simulation.start()
        await story(simulation)
        await simulation.settle()
        await simulation.stop()

    simulation.loop.run_until_complete(run())
    return simulation


def clock_of(simulation: Simulation, authority: str, case: str) -> ClockRow:
    built = simulation.nodes[authority].built
    assert built is not None
    [row] = built.node.store.clocks(case, RU if authority == KZ else KZ)
    return row


def fired(simulation: Simulation, authority: str) -> list[tuple[str, int, str]]:
    """The firings in a node's log: event, virtual day, outcome."""
    built = simulation.nodes[authority].built
    assert built is not None
    leaves = [decode_leaf(leaf) for leaf in built.node.store.leaves(0, 1 << 30)]
    return [
        (leaf.event.value, (leaf.at - START_MS) // DAY_MS, str(leaf.fields.get("outcome", "")))
        for leaf in leaves
        if leaf.event.value.startswith("clock.")
    ]


async def _asked_and_left(simulation: Simulation) -> None:
    sent = await simulation.send(KZ, drafts.request(), "request")
    await simulation.wait_item(RU, sent.message, KZ)
    await asyncio.sleep(31 * DAY_S)


@pytest.mark.parametrize("crash", [0.0, 0.4])
def test_thirty_days_remind_and_run_out_once_at_both_ends(
    founded: World, packs: PackSet, tmp_path: Path, crash: float
) -> None:
    simulation = played(_copy(founded, tmp_path / "a"), packs, _asked_and_left, crash=crash)
    try:
        assert fired(simulation, KZ) == [("clock.reminder", 27, ""), ("clock.overdue", 30, "owed")]
        assert fired(simulation, RU) == [("clock.reminder", 27, ""), ("clock.overdue", 30, "unexplained")]
        for authority in (KZ, RU):
            built = simulation.nodes[authority].built
            assert built is not None
            notices = [item.notice for item in built.node.store.notices(0, 9)]
            assert [one.event for one in notices] == ["clock.reminder", "clock.overdue"]
            row = clock_of(simulation, authority, notices[0].case_id)
            assert (row.state, row.due_ms) == (FIRED, notices[0].due_ms)
            # Fired at the very instant, not at the next minute; a node that was down is late by its absence.
            assert row.fired_ms is not None
            assert row.due_ms is not None
            assert 0 <= row.fired_ms - row.due_ms < (1_000 if not crash else 60_000)
        assert {(n.due_ms, n.clock, n.run) for n in notices} == {(row.due_ms, "execution", 1)}
    finally:
        simulation.close()


def test_one_seed_gives_one_trace(founded: World, packs: PackSet, tmp_path: Path) -> None:
    traces = []
    for name in ("one", "two"):
        simulation = played(_copy(founded, tmp_path / name), packs, _asked_and_left, crash=0.3)
        traces.append(simulation.trace())
        simulation.close()
    assert traces[0] == traces[1]


async def _waited(simulation: Simulation) -> None:
    """A question on the second day, answered on the fourth; the result on the sixth."""
    sent = await simulation.send(KZ, drafts.request(), "request")
    await simulation.wait_item(RU, sent.message, KZ)
    await asyncio.sleep(2 * DAY_S)
    query = drafts.reply("clarification_query", sent.case, sent.message, recipient=KZ)
    asked = await simulation.send(RU, query, "query")
    await simulation.wait_item(KZ, asked.message, RU)
    await asyncio.sleep(2 * DAY_S)
    answer = drafts.reply("clarification_answer", sent.case, asked.message, recipient=RU)
    answered = await simulation.send(KZ, answer, "answer")
    await simulation.wait_item(RU, answered.message, KZ)
    await asyncio.sleep(2 * DAY_S)
    result = drafts.reply("result", sent.case, sent.message, recipient=KZ)
    done = await simulation.send(RU, result, "result")
    await simulation.wait_item(KZ, done.message, RU)


SHARED = ("clock", "run", "state", "started_ms", "due_ms", "waited_ms", "ended_ms", "owner", "wake_ms")


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_both_ends_have_the_same_clock_after_waits_losses_and_crashes(
    founded: World, packs: PackSet, tmp_path: Path, seed: str
) -> None:
    simulation = played(_copy(founded, tmp_path / "a"), packs, _waited, seed=seed, crash=0.15)
    try:
        built = simulation.nodes[KZ].built
        assert built is not None
        [(_, message)] = built.node.store.messages_page(None, 0, 1)
        ours, theirs = (clock_of(simulation, one, message.case_id) for one in (KZ, RU))
        assert [getattr(ours, name) for name in SHARED] == [getattr(theirs, name) for name in SHARED]
        assert ours.state == STOPPED
        assert not is_overdue(ours)
        assert ours.waited_ms // DAY_MS == 2
        assert fired(simulation, KZ) == fired(simulation, RU) == []
    finally:
        simulation.close()


def test_the_worlds_folders_are_copies(founded: World, tmp_path: Path) -> None:
    """One seed must meet the same keys, so every run has its own copy of one founding."""
    copied = _copy(founded, tmp_path / "copy")
    assert copied[KZ].folder != founded[KZ].folder
    assert copied[KZ].entry == founded[KZ].entry
    shutil.rmtree(copied.folder)
