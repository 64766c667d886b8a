"""`--keep`: the gateways stay; what to try on them, and waiting for the end."""

import time
from pathlib import Path

from deploy.demo.checking import require
from deploy.demo.commands import KELISIM
from deploy.demo.nodes import ServedNode
from deploy.demo.stage import Stage
from deploy.demo.world import HEAD, KZ, TM, Member

_LOOK_S = 0.5


def explain(stage: Stage, message: str) -> None:
    """Print where the gateways are and commands that work on them as they stand."""
    show, members = stage.show, stage.members
    (waiting,) = stage.clients[TM].inbox().items
    show.lines(["", "The gateways keep running until Ctrl-C. Each with its folder and its agency's profile:"])
    for member in members.values():
        show.lines([f"  {member.authority}  {member.url}", f"    {short(member.folder)}"])
        show.lines([f"    {short(member.profile)}"])
    show.lines(["", "To try:", *(f"  {command}" for command in examples(members, message, waiting.id))])


def examples(members: dict[str, Member], message: str, item: str) -> list[str]:
    """Commands for the shell, to be run where the demo was started.

    Args:
        message: id of a message that kz/mia sent.
        item: id of a message in the inbox of tm/mia.
    """
    kz, tm, kelisim = members[KZ], members[TM], short(KELISIM)
    collected = short(tm.people / "collected")
    denied = " ".join(
        [
            f"{kelisim} send --profile {short(kz.profile)} --kind request --agreement kz-ru-mvd-2008",
            "--to ru/mia --language ru --subject property --form extradition --purpose crime-solving",
            f"--text 'Просим о выдаче.' --signatory 'head={HEAD}' --sign-with {short(kz.key('head'))}",
        ]
    )
    return [
        f"curl --cacert {short(kz.folder / 'tls' / 'ca.crt')} {kz.url}/v1/health",
        f"curl --cacert {short(kz.folder / 'tls' / 'ca.crt')} {kz.url}/v1/openapi.json",
        f"{kelisim} inbox --profile {short(tm.profile)}",
        f"{kelisim} collect {item} --purpose crime-solving -o {collected} --profile {short(tm.profile)}",
        f"{kelisim} ack {item} --profile {short(tm.profile)}",
        f"{kelisim} status {message} --profile {short(kz.profile)}",
        f"{kelisim} audit proof {short(kz.folder)} {message}",
        f"{kelisim} audit verify --full {short(kz.folder)}",
        denied,
    ]


def wait(nodes: list[ServedNode]) -> None:
    """Wait as long as all gateways run.

    Raises:
        UnexpectedOutcome: one has ended by itself.
    """
    while all(node.runs() for node in nodes):
        time.sleep(_LOOK_S)
    ended = [node.member.authority for node in nodes if not node.runs()]
    require(holds=False, text=f"{', '.join(ended)} ended by itself")


def short(path: Path) -> str:
    """The path from the current folder, if it lies in there."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
