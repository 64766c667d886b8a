"""`python -m deploy.demo [--keep]`: the story, checked; exit code 0 if every step went as told."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from deploy.demo import denials, exchange, keeping, proofs
from deploy.demo.checking import UnexpectedOutcome
from deploy.demo.interrupting import Interrupted, heed_signals, ignore_signals
from deploy.demo.nodes import ServedNode, serving
from deploy.demo.printing import Printing
from deploy.demo.stage import Stage
from deploy.demo.world import Member, check_members, make_members
from gateway.sdk import Client, SdkError

RUN = Path(__file__).resolve().parents[2] / ".run"
_INTERRUPTED = 130


def main() -> int:
    """Run the demo.

    Returns:
        0; 1 if a step differed from what is told; 130 if it was interrupted before its end.
    """
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the gateways running until Ctrl-C")
    parser.add_argument("--within", type=Path, default=RUN, help="where its temporary folder is made")
    given = parser.parse_args()
    show = Printing(sys.stdout)
    heed_signals()
    try:
        with _folder(given.within) as folder:
            _run(show, folder, keep=given.keep)
    except (UnexpectedOutcome, SdkError) as error:
        show.failure(str(error))
        return 1
    except Interrupted:
        show.lines(["", "Interrupted; everything is stopped."])
        return _INTERRUPTED
    return 0


def _run(show: Printing, folder: Path, *, keep: bool) -> None:
    began = time.monotonic()
    show.title("Kelisim: three gateways on loopback, one story")
    members = _found(show, folder)
    with serving(members.values()) as nodes, ExitStack() as opened:
        _introduce(show, nodes)
        clients = {name: opened.enter_context(Client(member.profile)) for name, member in members.items()}
        papers = folder / "papers"
        papers.mkdir()
        stage = Stage(show, members, clients, papers)
        sent = tell(stage)
        text = f"The story went as told, in {time.monotonic() - began:.0f} s."
        if keep:
            show.end(text)
            keeping.explain(stage, sent)
            # Being interrupted is how keeping ends.
            with suppress(Interrupted):
                keeping.wait(nodes)
    show.end("The gateways have stopped." if keep else f"{text} The gateways have stopped.")


def tell(stage: Stage) -> str:
    """The whole story; returns the id of its first message."""
    sent = exchange.request(stage)
    result = exchange.conversation(stage, sent)
    denials.to_russia(stage)
    denials.to_turkmenistan(stage, result)
    denials.nothing_refused_left(stage)
    proofs.logs(stage, sent)
    return sent.message


def _found(show: Printing, folder: Path) -> dict[str, Member]:
    show.chapter("Three authorities")
    members = make_members(folder)
    show.done("people's keys made outside the nodes; three nodes founded; the parties' signed lists imported")
    show.done(f"kelisim check-config: {check_members(members)} findings, all in order")
    return members


def _introduce(show: Printing, nodes: list[ServedNode]) -> None:
    lines = [f"{one.member.authority}  {one.member.url}  process {one.process_id}" for one in nodes]
    show.done("three gateways run, mutual TLS 1.3 between them", *lines)


@contextmanager
def _folder(within: Path) -> Iterator[Path]:
    """A folder of its own, removed at the end whatever happens."""
    within.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=within.resolve()))
    try:
        yield folder
    finally:
        ignore_signals()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
