"""`kelisim` as an administrator runs it: a process of its own for each command."""

import os
import subprocess
import sysconfig
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeAlias

from deploy.demo.checking import UnexpectedOutcome

KELISIM = Path(sysconfig.get_path("scripts")) / "kelisim"
_TIMEOUT_S = 60
Arguments: TypeAlias = tuple[str | Path, ...]
"""The words after `kelisim`."""


class Ended(NamedTuple):
    """A command that ended: its exit code and what it wrote."""

    code: int
    output: str
    errors: str


def environment() -> dict[str, str]:
    """The environment without what would change the commands: passphrases and profiles of the caller."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KELISIM_")}


def run(*arguments: str | Path, expected: int = 0) -> Ended:
    """Run `kelisim` with these arguments.

    Raises:
        UnexpectedOutcome: it did not end with the expected exit code, or not at all.
    """
    command = [str(KELISIM), *map(str, arguments)]
    said = " ".join(map(str, arguments[:2]))
    try:
        # The arguments are the demo's own; nothing of them comes from outside.
        ended = subprocess.run(
            command, env=environment(), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnexpectedOutcome(f"kelisim {said} does not end") from error
    if ended.returncode != expected:
        text = (ended.stderr or ended.stdout).strip()
        raise UnexpectedOutcome(f"kelisim {said} ended with {ended.returncode}, not {expected}: {text}")
    return Ended(ended.returncode, ended.stdout.strip(), ended.stderr.strip())


def together(*chains: Iterable[Arguments]) -> list[list[str]]:
    """Run chains of commands side by side, each in its own order; the outputs of every chain's commands.

    When one fails, or the demo is interrupted, no chain begins another command.
    """
    ending = threading.Event()

    def in_order(chain: Iterable[Arguments]) -> list[str]:
        try:
            return [run(*arguments).output for arguments in chain if not ending.is_set()]
        except BaseException:
            ending.set()
            raise

    with ThreadPoolExecutor(len(chains)) as pool:
        try:
            return list(pool.map(in_order, chains))
        finally:
            ending.set()
