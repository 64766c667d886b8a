"""The detector of markings as a worker uses it: a lexicon compiled once, segments in, findings out."""

from collections.abc import Callable, Sequence
from importlib.resources import files

from gateway.inspection.lexicon.document import digest, parse_document
from gateway.inspection.markings import inspect_segments
from gateway.inspection.patterns import compile_lexicon
from gateway.inspection.verdict import Finding, Segment

Detector = Callable[[Sequence[Segment]], Sequence[Finding]]


def load_detector(document: str) -> Detector:
    """Compile a lexicon and return the detector that uses it.

    Args:
        document: the text of a lexicon whose signature was verified; empty for the one of this version.
    """
    content = document.encode() if document else packaged_lexicon()
    lexicon = compile_lexicon(parse_document(content), digest(content))
    return lambda segments: inspect_segments(segments, lexicon)


def packaged_lexicon() -> bytes:
    """Return the lexicon that comes with this version."""
    return (files("gateway.inspection.lexicon") / "markings.yaml").read_bytes()
