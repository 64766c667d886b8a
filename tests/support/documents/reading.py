"""Reads a document as a worker would, without a worker: segments and problems."""

import re

from gateway.inspection.extraction import gather
from gateway.inspection.gathering import Gathered, ImageText
from gateway.inspection.limits import Limits, Reading
from gateway.inspection.reasons import Reason

LETTER = "Запрос об установлении местонахождения лица и о вручении документов."
MARK = "Совершенно секретно"


def read(
    data: bytes, name: str = "", declared: str = "", *, ocr: ImageText | None = None, **reading: object
) -> Gathered:
    """Gather a file; `reading` are fields of `Reading` or of `Limits`."""
    limits = {key: value for key, value in reading.items() if key in Limits.__struct_fields__}
    rest = {key: value for key, value in reading.items() if key not in limits}
    return gather(data, name, declared, Reading(Limits(**limits), **rest), image_text=ocr)  # type: ignore[arg-type]


def reasons(gathered: Gathered) -> set[Reason]:
    return {reason for reason, _ in gathered.problems}


def where(gathered: Gathered, text: str = MARK) -> set[tuple[str, str]]:
    """The (channel, place) of each segment that holds a text on a line, or in a cell, of its own."""
    cells = ((segment, re.split(r"[\n\t]", segment.text)) for segment in gathered.segments)
    return {(segment.channel, segment.place) for segment, texts in cells if text in map(str.strip, texts)}


def anywhere(gathered: Gathered, text: str = MARK) -> set[tuple[str, str]]:
    """The (channel, place) of each segment that holds a text."""
    return {(s.channel, s.place) for s in gathered.segments if text in s.text}
