"""The detector of markings as a worker uses it: a lexicon loaded once, segments in, findings out."""

from collections.abc import Callable, Sequence

from gateway.inspection.verdict import Finding, Segment

Detector = Callable[[Sequence[Segment]], Sequence[Finding]]


def load_detector(lexicon: str) -> Detector:
    """Load the lexicon and return the detector that uses it."""
    raise NotImplementedError(lexicon)
