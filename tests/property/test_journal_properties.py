"""For all mixes of good and failing changes: each is written whole with its entry, or not at all."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.events import Event
from audit.verify import Verdict, verify_log
from gateway.errors import Conflict
from gateway.exchange.entries import entry
from gateway.exchange.journal import Recorded
from gateway.exchange.node import Node
from gateway.ports.rows import CaseMoved, CaseRow, Write
from gateway.ports.store import Change
from keys.notes import NoteVerifier
from policies.loading import load_packs
from tests.support.hostile import Victim
from tests.support.world import make_world

RU = "ru/mia"
CASES = st.integers(0, 5)
PLANS = st.lists(st.lists(CASES, min_size=1, max_size=3, unique=True), min_size=1, max_size=12)


@pytest.fixture(scope="module", params=["in the loop", "beside it"])
def victim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with ThreadPoolExecutor(1) as pool:
        beside = pool if request.param == "beside it" else None
        made = Victim(make_world(tmp_path_factory.mktemp("journal")), "kz/mia", load_packs(), beside=beside)
        yield made
        made.close()


def _case(case_id: str) -> CaseRow:
    return CaseRow(
        case_id=case_id,
        counterpart=RU,
        agreement="kz-ru-mvd-2008",
        requester=RU,
        executor="kz/mia",
        state="requested",
        version=1,
        opened_ms=1,
        updated_ms=1,
    )


def _change(node: Node, writes: list[Write], about: str) -> Change:
    fields = {"peer": RU, "content": "A" * 43}
    return Change(tuple(writes), (entry(node, Event.PEER_REJECTED, node.clock.now_ms(), fields, about),))


def _record_all(node: Node, changes: list[Change]) -> list[Recorded | BaseException]:
    async def story() -> list[Recorded | BaseException]:
        futures = [node.journal.enqueue(change) for change in changes]
        return await asyncio.gather(*futures, return_exceptions=True)

    return asyncio.run(story())


@settings(max_examples=40, deadline=None)
@given(plan=PLANS)
def test_each_change_is_written_whole_with_its_entry_or_not_at_all(
    victim: Victim, plan: list[list[int]]
) -> None:
    node: Node = victim.node
    names = {number: node.entropy.uuid7(1) for number in range(6)}
    abouts = [node.entropy.uuid7(1) for _ in plan]
    before = len(victim.leaves())
    changes = [
        _change(node, [_case(names[number]) for number in numbers], about)
        for numbers, about in zip(plan, abouts, strict=True)
    ]
    results = _record_all(node, changes)

    taken: set[int] = set()
    for numbers, about, result in zip(plan, abouts, results, strict=True):
        expected = taken.isdisjoint(numbers)
        assert isinstance(result, Recorded if expected else Conflict)
        assert len(list(node.store.leaf_index(about))) == expected
        taken |= set(numbers) if expected else set()
    for number, name in names.items():
        assert (node.store.case(name, RU) is not None) == (number in taken)
    assert len(victim.leaves()) - before == sum(isinstance(one, Recorded) for one in results)


@settings(max_examples=30, deadline=None)
@given(versions=st.lists(st.integers(1, 4), min_size=1, max_size=10))
def test_of_moves_from_the_same_version_exactly_one_is_made(victim: Victim, versions: list[int]) -> None:
    node: Node = victim.node
    name = node.entropy.uuid7(1)
    moves: list[Write] = [
        CaseMoved(
            case_id=name,
            counterpart=RU,
            expected=version,
            state="acknowledged",
            version=version + 1,
            updated_ms=2,
        )
        for version in versions
    ]
    results = _record_all(node, [_change(node, [write], name) for write in (_case(name), *moves)])
    at = 1
    for version, result in zip(versions, results[1:], strict=True):
        assert isinstance(result, Recorded if version == at else Conflict)
        at += version == at
    case = node.store.case(name, RU)
    assert case is not None
    assert case.version == at


def test_the_log_of_all_this_verifies(victim: Victim) -> None:
    assert victim.member.entry is not None
    verifier = NoteVerifier.from_vkey(victim.member.entry.checkpoint.vkey)
    report = verify_log(victim.node.store, [verifier])
    assert report.verdict is Verdict.OK
    assert report.size > 50
