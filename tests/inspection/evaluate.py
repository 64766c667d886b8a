"""`python -m tests.inspection.evaluate [FILE...]`: how well inspection tells markings from mentions.

Without files: `dev_markings.jsonl` (in KELISIM_DATA or ../shared/data) and the whole corpus. Recall is the
share of texts expected to be state_secret that are; a false alarm is a text expected to be none that is not,
or one expected to be restricted that is called state_secret.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.inspection.loading import load_lexicon
from gateway.inspection.markings import inspect_segments
from gateway.inspection.patterns import Lexicon
from gateway.inspection.verdict import Segment, verdict_of

CORPUS = Path(__file__).parent / "corpus"
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
DATA = Path(os.environ.get("KELISIM_DATA", _BESIDE))
VERDICTS = ("state_secret", "uninspectable", "restricted", "none")


@dataclass
class Tally:
    """Counts of (expected, found), and the texts judged wrongly."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[tuple[str, str, str, str]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Found share of the state secrets."""
        of = sum(n for (expected, _), n in self.counts.items() if expected == "state_secret")
        return self.counts["state_secret", "state_secret"] / of if of else 1.0

    @property
    def false_alarms(self) -> float:
        """Share of the other texts that were called more than they are."""
        others = [(pair, n) for pair, n in self.counts.items() if pair[0] != "state_secret"]
        raised = sum(n for (e, f), n in others if f == "state_secret" or (e == "none" and f != "none"))
        return raised / sum(n for _, n in others) if others else 0.0


def tally(lines: Iterable[str], lexicon: Lexicon) -> Tally:
    """Judge labelled texts."""
    result = Tally()
    for line in lines:
        row = json.loads(line)
        segment = Segment(row["text"], row.get("channel", "text"), "")
        found = verdict_of(inspect_segments([segment], lexicon))
        result.counts[row["expected"], found] += 1
        if found != row["expected"]:
            result.wrong.append((row["id"], row["expected"], found, row["why"]))
    return result


def corpus_files() -> list[Path]:
    """What is evaluated without arguments."""
    dev = DATA / "dev_markings.jsonl"
    return [*([dev] if dev.is_file() else []), *sorted(CORPUS.glob("*.jsonl"))]


def _show(name: str, result: Tally) -> None:
    texts = sum(result.counts.values())
    print(f"{name}: {texts} texts, recall {result.recall:.3f}, false alarms {result.false_alarms:.3f}")
    print("  expected \\ found " + "".join(f"{verdict:>14}" for verdict in VERDICTS))
    for expected in ("state_secret", "restricted", "none"):
        print(f"  {expected:<16}" + "".join(f"{result.counts[expected, found]:>14}" for found in VERDICTS))
    for wrong in result.wrong:
        print("  wrong: {}: expected {}, found {} ({})".format(*wrong))


def main() -> None:
    """Print the figures of each file and of all together."""
    lexicon = load_lexicon()
    files = [Path(name) for name in sys.argv[1:]] or corpus_files()
    together = Tally()
    for file in files:
        result = tally(file.read_text(encoding="utf-8").splitlines(), lexicon)
        _show(file.stem, result)
        together.counts += result.counts
    _show("all", together)


if __name__ == "__main__":
    main()
