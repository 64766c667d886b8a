"""Two whole nodes, 200 exchanges, a bad network and crashes: nothing lost or doubled, one seed one trace."""

import asyncio
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from audit.verify import Verdict, verify_log
from keys.notes import NoteVerifier
from policies.loading import load_packs
from tests.simulation.simulation import Simulation, new_simulation
from tests.simulation.virtual import START_MS
from tests.support import drafts
from tests.support.world import World, make_world

EXCHANGES = 200
PACKS = load_packs()
REPLIES = ("acknowledgement", "clarification_query", "obstacle_notice", "result", "refusal")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"), now_ms=START_MS)


def _copy(world: World, folder: Path) -> World:
    """The same founded nodes in another folder: one seed must meet the same keys."""
    shutil.copytree(world.folder, folder)
    copied = World(folder, trust_keys=world.trust_keys, versions=dict(world.versions))
    for authority, member in world.members.items():
        home = folder / member.folder.name
        fields = {name: getattr(member, name) for name in member.__dataclass_fields__} | {"folder": home}
        copied.members[authority] = type(member)(**fields)
    return copied


async def _exchange(
    simulation: Simulation, number: int, plan: random.Random, sent: list[tuple[str, str, str]]
) -> None:
    """A request with up to two replies, each sent once the message it answers has arrived."""
    await asyncio.sleep(plan.random() * 60)
    asker, executor = ("kz/mia", "ru/mia") if plan.random() < 0.5 else ("ru/mia", "kz/mia")
    request = await simulation.send(asker, drafts.request(recipients=[executor]), f"{number}-request")
    sent.append((asker, executor, request.message))
    item = await simulation.wait_item(executor, request.message, asker)
    if plan.random() < 0.3:
        await simulation.collect(executor, item)
    for step, kind in enumerate(plan.sample(REPLIES, plan.randrange(0, 2))):
        draft = drafts.reply(kind, request.case, request.message, recipient=asker)
        reply = await simulation.send(executor, draft, f"{number}-{step}")
        sent.append((executor, asker, reply.message))
        await simulation.wait_item(asker, reply.message, executor)


def _run(
    world: World, seed: str, *, drop: float, double: float, crash: float
) -> tuple[Simulation, bytes, list[tuple[str, str, str]]]:
    simulation = new_simulation(seed, world, PACKS, drop=drop, double=double, crash=crash)
    sent: list[tuple[str, str, str]] = []

    async def story() -> None:
        simulation.start()
        plan = random.Random(f"{seed}/plan")
        await asyncio.gather(
            *(
                _exchange(simulation, n, random.Random(f"{seed}/{n}/{plan.random()}"), sent)
                for n in range(EXCHANGES)
            )
        )
        await simulation.settle()
        await simulation.stop()

    simulation.loop.run_until_complete(story())
    return simulation, simulation.trace(), sent


def _assert_nothing_lost_or_doubled(simulation: Simulation, sent: list[tuple[str, str, str]]) -> None:
    for sender, recipient, message in sent:
        here, there = simulation.nodes[sender].built, simulation.nodes[recipient].built
        assert here is not None
        assert there is not None
        assert len(there.node.store.envelopes("in", sender, message)) == 1
        row = here.node.store.message("out", message)
        assert row is not None
        events = Counter(e.event for e in here.node.store.evidence(sender, message, row.manifest_digest))
        assert events["RelayAcceptance"] == 1
        assert events["ContentConsignment"] == 1
        assert set(events.values()) == {1}
        theirs = {e.event: e.bundle for e in there.node.store.evidence(sender, message, row.manifest_digest)}
        for evidence in here.node.store.evidence(sender, message, row.manifest_digest):
            if evidence.giver == recipient:
                assert evidence.bundle == theirs[evidence.event]


def _assert_logs_verify(simulation: Simulation) -> None:
    for authority, node in simulation.nodes.items():
        assert node.built is not None
        entry = simulation.world[authority].entry
        assert entry is not None
        report = verify_log(node.built.node.store, [NoteVerifier.from_vkey(entry.checkpoint.vkey)])
        assert report.verdict is Verdict.OK, report
        assert not [alert for alert in node.log.alerts if alert[0] == "peer.frozen"]


def test_two_nodes_lose_and_double_nothing_and_one_seed_gives_one_trace(
    founded: World, tmp_path: Path
) -> None:
    traces = []
    for run in ("first", "second"):
        world = _copy(founded, tmp_path / run)
        simulation, trace, sent = _run(world, "seed-1", drop=0.15, double=0.2, crash=0.004)
        try:
            assert len(sent) >= EXCHANGES
            _assert_nothing_lost_or_doubled(simulation, sent)
            _assert_logs_verify(simulation)
            assert simulation.network.counts["dropped"] > 10
            assert simulation.network.counts["doubled"] > 10
            assert simulation.crash_points
        finally:
            simulation.close()
        traces.append((trace, tuple(simulation.crash_points)))
    assert traces[0] == traces[1]


def test_another_seed_gives_another_trace(founded: World, tmp_path: Path) -> None:
    traces = []
    for seed in ("seed-2", "seed-3"):
        simulation, trace, sent = _run(
            _copy(founded, tmp_path / seed), seed, drop=0.05, double=0.05, crash=0.0
        )
        _assert_nothing_lost_or_doubled(simulation, sent)
        simulation.close()
        traces.append(trace)
    assert traces[0] != traces[1]
