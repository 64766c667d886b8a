"""The labelled texts, the whole sources, and the targets on texts that nothing was tuned on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.inspection.patterns import Lexicon
from gateway.inspection.verdict import Verdict
from tests.inspection.evaluate import CORPUS, DATA, corpus_files, tally

SEEDS = sorted((DATA.parent / "seeds").glob("*.txt"))


def test_the_development_texts_are_all_judged_right(lexicon: Lexicon) -> None:
    dev = DATA / "dev_markings.jsonl"
    if not dev.is_file():
        pytest.skip("no dev_markings.jsonl (set KELISIM_DATA)")
    assert tally(dev.read_text(encoding="utf-8").splitlines(), lexicon).wrong == []


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_a_source_passes_whole_and_line_by_line(path: Path, judged: Callable[..., Verdict]) -> None:
    text = path.read_text(encoding="utf-8")
    assert judged(text) == "none"
    assert [line for line in text.splitlines() if judged(line) != "none"] == []


def test_the_held_out_texts_reach_the_targets(lexicon: Lexicon) -> None:
    result = tally((CORPUS / "heldout.jsonl").read_text(encoding="utf-8").splitlines(), lexicon)
    assert result.recall >= 0.98
    assert result.false_alarms <= 0.02


def test_the_corpus_is_large_and_in_ten_languages() -> None:
    files = [path for path in corpus_files() if path.parent == CORPUS]
    rows = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 300
    assert {row["lang"] for row in rows} >= {"kk", "ru", "tk", "az", "ky", "uz", "tg", "zh", "ar", "en"}
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["text"] for row in rows}) >= 0.97 * len(rows)


@pytest.mark.parametrize("name", ["tuning", *(f"review{n}" for n in range(1, 20))])
def test_texts_that_were_once_judged_right_stay_right(name: str, lexicon: Lexicon) -> None:
    result = tally((CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(), lexicon)
    assert result.wrong == []
