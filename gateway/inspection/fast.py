"""The way of messages that are text alone: small, valid UTF-8, read in this very process."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from gateway.inspection.extraction import gather
from gateway.inspection.formats.armoured import has_armour
from gateway.inspection.inspected import Inspected, conclude
from gateway.inspection.kinds import Kind, magic_kind, textual_kind
from gateway.inspection.limits import Reading
from gateway.inspection.polyglots import second_type
from gateway.inspection.verdict import Finding, Segment, strictest

MAX_TEXT_BYTES = 64 * 1024


class TextPart(Struct, frozen=True):
    """A part of a message as it came."""

    content: bytes
    name: str = ""
    declared_type: str = ""


def inspect_text_parts(
    parts: Sequence[TextPart], detector: Callable[[Sequence[Segment]], Sequence[Finding]], reading: Reading
) -> Inspected | None:
    """Inspect parts here and now; None if any of them needs a worker.

    Only plain text and JSON in UTF-8, at most 64 KiB each. Whatever is not wholly inspected this way (another
    type, a contradiction, a limit) is for a worker to judge.
    """
    if not all(_simple(part) for part in parts):
        return None
    results = []
    for part in parts:
        found = gather(part.content, part.name, part.declared_type, reading)
        if found.problems:
            return None
        results.append(conclude(found, detector(found.segments)))
    return Inspected(
        strictest(result.verdict for result in results),
        tuple(finding for result in results for finding in result.findings),
        expanded_bytes=sum(result.expanded_bytes for result in results),
    )


def _simple(part: TextPart) -> bool:
    if len(part.content) > MAX_TEXT_BYTES or magic_kind(part.content) not in (None, Kind.EMPTY):
        return False
    if b"\0" in part.content or second_type(part.content, None) is not None:
        return False
    try:
        text = part.content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    kind = textual_kind(text, part.name, part.declared_type)
    return kind in (Kind.TEXT, Kind.JSON) and not has_armour(text)
