"""Firing: exactly once each, whatever is killed in between and however many scan at once."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.events import decode_leaf
from gateway.bootstrap.building import Built, build_node
from gateway.errors import Conflict, StoreUnavailable
from gateway.exchange.firing import fire_due
from gateway.exchange.node import Node
from gateway.ports.clock_rows import ClockRow
from gateway.ports.rows import CaseRow
from gateway.ports.store import Change, Group, Sequencer
from gateway.worker.scanner import EVERY_S, scan_clocks, scan_once
from tests.support.node_fixture import ManualClock, Notes, moved
from tests.support.world import World, make_world

NOW = 1_800_000_000_000
DAY_MS = 86_400_000
CASE = "01a1fcf2-acba-7289-8bf9-354d9f0c3a8c"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"), now_ms=NOW)


@pytest.fixture
def folder(founded: World, tmp_path: Path) -> Path:
    shutil.copytree(founded.folder, tmp_path / "world")
    return moved(founded, tmp_path / "world")["ru/mia"].folder


class Crashed(BaseException):
    """The process ends here."""


class Running:
    """A node on a folder, with a clock that the test moves; it is built anew after a crash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.clock = ManualClock(NOW)
        self.crash_at: str | None = None
        self.log = Notes()
        self.built: Built = self._build()

    def _build(self) -> Built:
        return build_node(self._folder, log=self.log, clock=self.clock, crash_point=self._crash)

    def _crash(self, name: str) -> None:
        if name == self.crash_at:
            raise Crashed(name)

    @property
    def node(self) -> Node:
        return self.built.node

    def restart(self) -> None:
        self.built.close()
        self.crash_at = None
        self.built = self._build()

    def events(self, name: str) -> list[dict[str, object]]:
        leaves = (decode_leaf(leaf) for leaf in self.node.store.leaves(0, 1 << 20))
        return [dict(leaf.fields) for leaf in leaves if leaf.event == name]


def put(node: Node, *rows: ClockRow) -> None:
    from audit.events import Event
    from gateway.exchange.entries import entry

    case = CaseRow(
        case_id=CASE,
        counterpart="kz/mia",
        agreement="kz-ru-mvd-2008",
        requester="kz/mia",
        executor="ru/mia",
        state="requested",
        version=1,
        opened_ms=NOW,
        updated_ms=NOW,
    )
    told = entry(node, Event.CASE_TRANSITION, NOW, {"case": CASE, "from_state": "none", "to_state": "open"})
    node.journal.record_now(Change((case, *rows), (told,)))


def clock(number: int = 1, **changes: object) -> ClockRow:
    values: dict[str, object] = {
        "case_id": CASE,
        "counterpart": "kz/mia",
        "clock": f"execution-{number}",
        "run": 1,
        "agreement": "kz-ru-mvd-2008",
        "provision": "kz-ru-mvd-2008/7.1",
        "duty": "executor",
        "owner": "ru/mia",
        "on_overdue": "flag",
        "notices": "both",
        "state": "running",
        "started_ms": NOW,
        "started_by": CASE,
        "due_ms": NOW + 10 * DAY_MS,
        "remind_ms": NOW + 7 * DAY_MS,
        "wake_ms": NOW + 7 * DAY_MS,
    }
    return ClockRow(**values | changes)  # type: ignore[arg-type]


@pytest.fixture
def running(folder: Path) -> Running:
    made = Running(folder)
    put(made.node, clock())
    return made


def days(running: Running, count: float) -> None:
    running.clock._now_ms += round(count * DAY_MS)


@pytest.mark.parametrize("point", ["clocks.found", "clocks.fired"])
def test_killed_at_any_point_it_fires_exactly_once(running: Running, point: str) -> None:
    for passed, name in ((7, "clock.reminder"), (3, "clock.overdue")):
        days(running, passed)
        running.crash_at = point
        with pytest.raises(Crashed):
            asyncio.run(fire_due(running.node))
        running.restart()
        for _ in range(2):
            asyncio.run(fire_due(running.node))
        assert len(running.events(name)) == 1
    notices = running.node.store.notices(0, 9)
    assert [item.notice.event for item in notices] == ["clock.reminder", "clock.overdue"]
    assert running.node.store.next_wake_ms() is None
    running.built.close()


class DyingStore:
    """The node's store, which stops answering before or after a commit."""

    def __init__(self, real: object, *, after: bool) -> None:
        self._real, self._after = real, after

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def begin(self, changes: list[Change], sequencer: Sequencer) -> Group:
        if self._after:
            self._real.commit(changes, sequencer)  # type: ignore[attr-defined]
        raise StoreUnavailable("the disk is gone")


@pytest.mark.parametrize("after", [False, True])
def test_a_commit_of_unknown_fate_does_not_fire_twice(running: Running, *, after: bool) -> None:
    days(running, 10)
    running.node.journal._store = DyingStore(running.node.store, after=after)
    with pytest.raises(StoreUnavailable):
        asyncio.run(fire_due(running.node))
    running.restart()
    asyncio.run(fire_due(running.node))
    assert len(running.events("clock.overdue")) == 1
    running.built.close()


def test_two_scans_at_once_fire_once(running: Running) -> None:
    days(running, 10)

    async def both() -> list[int]:
        return list(await asyncio.gather(*(fire_due(running.node) for _ in range(4))))

    assert sum(asyncio.run(both())) == 1
    assert len(running.events("clock.overdue")) == 1
    assert len(running.node.store.notices(0, 9)) == 1
    running.built.close()


def test_many_due_clocks_all_fire(folder: Path) -> None:
    running = Running(folder)
    put(running.node, *(clock(n) for n in range(1300)))
    days(running, 10)
    assert asyncio.run(fire_due(running.node)) == 1300
    assert len({str(one["clock"]) for one in running.events("clock.overdue")}) == 1300
    running.built.close()


def test_a_clock_that_is_not_running_does_not_fire(folder: Path) -> None:
    running = Running(folder)
    states = ("pending", "paused", "stopped", "void", "fired")
    put(running.node, *(clock(n, state=state, wake_ms=NOW + 1) for n, state in enumerate(states)))
    days(running, 30)
    assert asyncio.run(fire_due(running.node)) == 0
    assert asyncio.run(scan_once(running.node)) == EVERY_S  # and the scan does not spin on them
    running.built.close()


def test_one_clock_that_the_log_cannot_express_does_not_keep_the_others_from_firing(folder: Path) -> None:
    running = Running(folder)
    put(running.node, clock(1, provision="free text about a person"), clock(2))
    days(running, 10)
    assert asyncio.run(fire_due(running.node)) == 1
    assert running.log.errors() == ["clock.inexpressible"]
    running.built.close()


def test_only_the_duty_holders_clients_are_told_where_the_pack_says_so(folder: Path) -> None:
    running = Running(folder)
    put(running.node, clock(1, notices="own"), clock(2, notices="own", owner="kz/mia", duty="requester"))
    days(running, 10)
    assert asyncio.run(fire_due(running.node)) == 2
    assert [item.notice.clock for item in running.node.store.notices(0, 9)] == ["execution-1"]
    assert len(running.events("clock.overdue")) == 2
    running.built.close()


def test_the_scan_sleeps_to_the_next_instant_and_not_past_it(running: Running) -> None:
    assert asyncio.run(scan_once(running.node)) == EVERY_S
    days(running, 7 - 10 / 86_400)
    assert asyncio.run(scan_once(running.node)) == pytest.approx(10)

    async def story() -> None:
        scanning = asyncio.ensure_future(scan_clocks(running.node))
        await running.clock.advance(0)
        await running.clock.advance(9.99)
        assert running.events("clock.reminder") == []
        await running.clock.advance(0.02)
        assert len(running.events("clock.reminder")) == 1
        scanning.cancel()
        await asyncio.gather(scanning, return_exceptions=True)

    asyncio.run(story())
    running.built.close()


def test_a_scan_goes_on_after_the_log_could_not_write(running: Running) -> None:
    days(running, 10)
    real, dying = running.node.store, DyingStore(running.node.store, after=False)
    running.node.journal._store = dying
    assert asyncio.run(scan_once(running.node)) == EVERY_S
    running.node.journal._store = real
    asyncio.run(scan_once(running.node))
    assert len(running.events("clock.overdue")) == 1
    running.built.close()


def _conflicting(node: Node) -> Callable[[], int]:
    return lambda: len(node.store.notices(0, 99))


def test_a_second_firing_of_one_read_is_a_conflict_and_writes_nothing(running: Running) -> None:
    from gateway.exchange.firing import firing

    days(running, 10)
    [row] = running.node.store.due_clocks(running.clock.now_ms(), 9)
    first, second = (firing(running.node, row, running.clock.now_ms()) for _ in range(2))
    assert first is not None
    assert second is not None
    running.node.journal.record_now(first)
    count = _conflicting(running.node)
    before = count()
    with pytest.raises(Conflict):
        running.node.journal.record_now(second)
    assert count() == before == 1
    running.built.close()
