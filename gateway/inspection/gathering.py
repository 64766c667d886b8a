"""What the readers of formats share: where segments go, what was spent, and how to read what lies inside."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from gateway.inspection.limits import Reading
from gateway.inspection.reasons import Reason, Uninspectable
from gateway.inspection.verdict import Channel, Finding, Segment

_MAX_PLACE = 240
_NOT_CONTENT: frozenset[Channel] = frozenset(
    {"filename", "header", "footer", "property", "metadata", "label"}
)


class ImageText(Protocol):
    """Reads the text of a picture (JPEG, PNG, TIFF or PNM)."""

    def __call__(self, image: bytes) -> str: ...


ReadInside = Callable[[bytes, str, str, "Gathering"], None]
"""Reads bytes of any type: content, file name, declared media type (may be empty), where to."""


@dataclass(slots=True)
class Spent:
    """What the whole file has cost so far, whatever the depth."""

    expanded_bytes: int = 0
    entries: int = 0
    text_chars: int = 0


@dataclass(slots=True)
class Gathered:
    """Everything found in a file. `problems` are the causes why it is not wholly inspected, with places."""

    segments: list[Segment] = field(default_factory=list)
    labels: list[Finding] = field(default_factory=list)
    problems: list[tuple[Reason, str]] = field(default_factory=list)
    spent: Spent = field(default_factory=Spent)
    seen: dict[Channel, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gathering:
    """One level of a file: the file itself, or something inside it."""

    reading: Reading
    into: Gathered
    read_inside: ReadInside
    image_text: ImageText | None = None
    depth: int = 0
    prefix: str = ""
    preview: bool = False

    def place(self, place: str) -> str:
        """Return a place as a person reads it, with the containers it lies in."""
        return clean(f"{self.prefix}{place}" if place else self.prefix.rstrip(": "))

    def add(self, text: str, channel: Channel, place: str) -> None:
        """Keep a piece of text. Raises Uninspectable when there is more text than the limit."""
        if not text or text.isspace():
            return
        spent = self.into.spent
        spent.text_chars += len(text)
        if spent.text_chars > self.reading.limits.max_text_chars:
            raise Uninspectable(Reason.TOO_LARGE, place)
        self.into.segments.append(Segment(text, channel, self.place(place)))

    def add_new(self, lines: Iterable[str], channel: Channel, place: str) -> None:
        """Keep the lines that no call before has brought in this channel; parts repeat each other's names."""
        seen = self.into.seen.setdefault(channel, set())
        fresh = [line for line in lines if line not in seen]
        seen.update(fresh)
        self.add("\n".join(fresh), channel, place)

    def problem(self, reason: Reason, place: str = "") -> None:
        """Note that something could not be inspected, and go on."""
        if (reason, self.place(place)) not in self.into.problems[-64:] and len(self.into.problems) < 256:
            self.into.problems.append((reason, self.place(place)))

    def expand(self, count_bytes: int, place: str) -> None:
        """Account for decoded bytes. Raises Uninspectable beyond the limit."""
        spent = self.into.spent
        spent.expanded_bytes += count_bytes
        if spent.expanded_bytes > self.reading.limits.max_expanded_bytes:
            raise Uninspectable(Reason.TOO_LARGE, place)

    def left_bytes(self) -> int:
        """How many bytes may still be decoded."""
        return max(0, self.reading.limits.max_expanded_bytes - self.into.spent.expanded_bytes)

    def count_entries(self, count: int) -> None:
        """Account for entries of containers. Raises Uninspectable beyond the limit."""
        self.into.spent.entries += count
        if self.into.spent.entries > self.reading.limits.max_entries:
            raise Uninspectable(Reason.TOO_MANY_ENTRIES)

    def characters(self) -> int:
        """How many letters and digits of the content itself were found here and deeper, up to a few thousand.

        Running titles, properties and names do not count: a scan has them too.
        """
        found = 0
        for segment in self.into.segments:
            if segment.channel not in _NOT_CONTENT and segment.place.startswith(clean(self.prefix)):
                found += sum(map(str.isalnum, segment.text[:4096]))
                if found > 4096:
                    break
        return found

    def inside(self, data: bytes, name: str, declared: str = "", *, preview: bool = False) -> None:
        """Read a file that lies in this one; one level deeper, its problems are its own.

        `preview`: it is the picture of a page that is read anyway.
        """
        prefix = clean(f"{self.prefix.removesuffix(': ')}{'/' if self.prefix else ''}{name}") + ": "
        child = replace(self, depth=self.depth + 1, prefix=prefix, preview=preview)
        if child.depth > self.reading.limits.max_nesting:
            child.problem(Reason.NESTING)
            return
        self.read_inside(data, name, declared, child)


def clean(place: str) -> str:
    """Make a place safe to show and to log: no control or format characters, of bounded length."""
    shown = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c)[0] == "C" else c for c in place)
    return shown if len(shown) <= _MAX_PLACE else f"{shown[:120]}…{shown[-119:]}"
