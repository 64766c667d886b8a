"""What the demo says: coloured on a terminal, plain lines without escape codes anywhere else."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

_MARGIN = "     "
_STYLES = {
    "title": "bold",
    "chapter": "bold cyan",
    "permit": "bold green",
    "deny": "bold red",
    "ok": "green",
    "detail": "dim",
    "failure": "bold white on red",
}


class Printing:
    """Writes lines to a stream.

    Args:
        stream: where to; colours are used only if it is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # A console also colours a pipe when the environment asks for it, so a pipe never gets one.
        self._console = Console(file=stream, highlight=False, soft_wrap=True) if stream.isatty() else None
        self._chapter = 0
        self._step = 0

    def title(self, text: str) -> None:
        """The first line."""
        self._line([("title", text)])

    def chapter(self, text: str) -> None:
        """Begin a chapter; chapters and the steps in them are numbered."""
        self._chapter += 1
        self._step = 0
        self._line([])
        self._line([("chapter", f"{self._chapter}  {text}")])

    def done(self, text: str, *details: str) -> None:
        """A step that needed no decision."""
        self._line([("", self._number()), ("ok", "done    "), ("", text)])
        self._details(details)

    def permit(self, text: str, provisions: Sequence[str], *details: str) -> None:
        """A permitted step and the provisions it rests on."""
        self._line([("", self._number()), ("permit", "PERMIT  "), ("", text)])
        self._details([f"under   {', '.join(provisions)}", *details])

    def deny(
        self,
        text: str,
        provisions: Sequence[str],
        reasons: Iterable[Mapping[str, Any]],
        remedies: Iterable[Mapping[str, Any]],
    ) -> None:
        """A denied step: the provision that decides it, why, and what would make it lawful."""
        decisive, *others = provisions
        self._line([("", self._number()), ("deny", "DENY    "), ("", text)])
        self._details([f"under   {decisive}", *(["also    " + ", ".join(others)] if others else [])])
        self._details(f"why     {text}" for text in texts_of(reasons, decisive))
        self._details(f"remedy  {text}" for text in texts_of(remedies, decisive))

    def lines(self, lines: Iterable[str]) -> None:
        """Lines as they are."""
        for line in lines:
            self._line([("", line)])

    def end(self, text: str) -> None:
        """The last line of a story that went as told."""
        self._line([])
        self._line([("permit", text)])

    def failure(self, text: str) -> None:
        """What went differently."""
        self._line([])
        self._line([("failure", f"UNEXPECTED: {text}")])

    def _number(self) -> str:
        self._step += 1
        return f"{self._chapter}.{self._step:<3}"

    def _details(self, details: Iterable[str]) -> None:
        for detail in details:
            self._line([("detail", f"{_MARGIN}{detail}")])

    def _line(self, pieces: Sequence[tuple[str, str]]) -> None:
        if self._console is None:
            self._stream.write("".join(text for _, text in pieces).rstrip() + "\n")
            self._stream.flush()
        else:
            self._console.print(Text.assemble(*((text, _STYLES.get(style, "")) for style, text in pieces)))


def texts_of(items: Iterable[Mapping[str, Any]], provision: str) -> list[str]:
    """The texts of the reasons or remedies that belong to a provision, each once."""
    return list(dict.fromkeys(str(one["text"]) for one in items if one.get("provision") == provision))
