"""What `check-config` says about inspection: which walls stand on this machine, which languages OCR has."""

import subprocess
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gateway.inspection.frames import LENGTH, Ready, Setup, encode
from gateway.inspection.limits import Reading
from gateway.inspection.ocr import installed_languages
from gateway.inspection.process import COMMAND, environment
from gateway.inspection.sandbox.closing import Walls

_TIMEOUT_S = 60
_MEMORY_BYTES = 1 << 30


class SandboxReport(Struct, frozen=True):
    """`walls` is None if no worker could be started. `languages`: installed models of OCR."""

    walls: Walls | None
    languages: tuple[str, ...]

    def lines(self, wanted: Sequence[str]) -> list[str]:
        """Say it for a person; `wanted` are the configured languages."""
        if self.walls is None:
            return ["workers do not start: every attachment will be uninspectable"]
        walls = self.walls
        stand = {
            "limits of memory, processor time and files": walls.limits,
            "no network (namespace)": walls.network,
            "no foreign files (Landlock)": bool(walls.files),
            "no dangerous system calls (seccomp)": walls.syscalls,
        }
        said = [f"{'yes' if holds else 'NO'}: {what}" for what, holds in stand.items()]
        return [*said, _ocr_line(wanted, self.languages)]

    def missing(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Return the configured languages that are not installed."""
        return tuple(one for one in wanted if one not in self.languages)


def sandbox_report(command: Sequence[str] = COMMAND) -> SandboxReport:
    """Start a worker, ask which walls stand, and end it. Takes about a second; blocks."""
    setup = encode(Setup(Reading(), _MEMORY_BYTES, 10))
    try:
        done = subprocess.run(  # noqa: S603 - our own worker
            list(command), input=setup, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_TIMEOUT_S,
            env=environment(), check=False,
        )  # fmt: skip
        walls = msgspec.json.decode(done.stdout[LENGTH.size :], type=Ready).walls
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError):
        walls = None
    return SandboxReport(walls, installed_languages())


def _ocr_line(wanted: Sequence[str], installed: Sequence[str]) -> str:
    if not wanted:
        return f"OCR is off: pictures are uninspectable (installed: {', '.join(installed) or 'nothing'})"
    missing = [one for one in wanted if one not in installed]
    return f"OCR reads {', '.join(wanted)}" + (f"; NOT INSTALLED: {', '.join(missing)}" if missing else "")
