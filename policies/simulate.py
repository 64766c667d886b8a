"""What-if questions: a decision on facts from a file, touching nothing."""

from pathlib import Path

from policies.decision import Decision
from policies.loading import load_packs, read_facts
from policies.packset import PackSet


def decide_file(path: Path | str, packs: PackSet | None = None) -> Decision:
    """Decide on the facts in a JSON file (docs/facts.schema.json).

    Args:
        path: the file.
        packs: packs to decide by; default: those shipped.

    Raises:
        FactsError: the file holds no object, or facts outside the catalogue.
        PackError: the shipped packs do not load.
        OSError: the file cannot be read.
    """
    return (packs or load_packs()).decide(read_facts(path))
