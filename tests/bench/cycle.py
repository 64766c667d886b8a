"""The full cycle between two node processes: submit, commit, deliver, verify and commit the evidence."""

import asyncio
import statistics
import tempfile
from pathlib import Path

import uvloop

from tests.bench.figures import note, quantile, report
from tests.bench.load import Measured, fetch_token, make_ready, padded_body, run_load
from tests.support.processes import serving
from tests.support.world import Member, make_world

KIB = 1024
PLAN = {1: 300, 8: 1500, 64: 4000}
QUICK = {1: 80, 8: 300, 64: 1200}


def run(*, quick: bool) -> None:
    """`cycle_1kb_c1`, `_c8`, `_c64` with medians of several runs."""
    rounds = 1 if quick else 3
    with tempfile.TemporaryDirectory(dir=disk()) as folder:
        world = make_world(Path(folder))
        sender, receiver = world["kz/mia"], world["ru/mia"]
        with serving(sender, receiver):
            body = padded_body(KIB)
            _measure(sender, body, 8, 100)
            for clients, count in (QUICK if quick else PLAN).items():
                runs = [_measure(sender, body, clients, count) for _ in range(rounds)]
                name = f"cycle_1kb_c{clients}"
                report(name, statistics.median(one.per_second for one in runs), "messages/s")
                for share, label in ((0.5, "p50_ms"), (0.99, "p99_ms")):
                    value = statistics.median(quantile(one.latencies_ms, share) for one in runs)
                    report(f"{name}_{label}", value, "ms")


def _measure(sender: Member, body: bytes, clients: int, count: int) -> Measured:
    token = fetch_token(sender)
    ready = make_ready(sender, token, count, body)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measured = runner.run(run_load(sender, ready, clients))
    note(f"c{clients}: {measured.per_second:.0f}/s over {count} messages")
    return measured


def disk() -> str:
    """A folder on the disk of the project rather than one in memory."""
    here = Path(__file__).resolve().parents[2] / ".run"
    here.mkdir(exist_ok=True)
    return str(here)
