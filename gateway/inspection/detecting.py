"""The detector of markings as a worker uses it: a lexicon compiled once, segments in, findings out."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.inspection.loading import load_lexicon
from gateway.inspection.markings import inspect_segments
from gateway.inspection.verdict import Finding, Segment

Detector = Callable[[Sequence[Segment]], Sequence[Finding]]


def load_detector(lexicon: str, lexicon_key: str) -> Detector:
    """Load a signed lexicon and return the detector that uses it.

    Args:
        lexicon: path of the lexicon; empty for the one that comes with this version.
        lexicon_key: path of the public key it is signed with; empty for the release key.

    Raises:
        ConfigError: it is missing, not what was signed, or not of the closed form.
    """
    loaded = load_lexicon(Path(lexicon) if lexicon else None, Path(lexicon_key) if lexicon_key else None)
    return lambda segments: inspect_segments(segments, loaded)
