"""`kelisim inspect --jsonl`: exactly the asked format, and a malformed line is named."""

import json
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli.main import app

RUNNER = CliRunner()


def test_each_line_is_answered_in_the_asked_format(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text(
        '{"id": "a", "text": "Секретно", "lang": "ru"}\n\n{"id": "b", "text": "Привет"}\n', encoding="utf-8"
    )
    result = RUNNER.invoke(app, ["inspect", "--jsonl", str(file)])
    first, second = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 0
    assert set(first) == {"id", "verdict", "findings"}
    assert (first["id"], first["verdict"]) == ("a", "state_secret")
    assert set(first["findings"][0]) == {"marking", "language", "place", "rule"}
    assert second == {"id": "b", "verdict": "none", "findings": []}


def test_a_malformed_line_is_named_and_the_others_are_answered() -> None:
    lines = '{"id": 1, "text": "x"}\nnonsense\n{"id": 2}\n{"id": 3, "text": "SECRET"}\n' + "[" * 100_000
    result = RUNNER.invoke(app, ["inspect", "--jsonl", "-"], input=lines)
    assert result.exit_code == 2
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [1, 3]
    assert [f": line {n}: " in result.stderr for n in (1, 2, 3, 4, 5)] == [False, True, True, False, True]


def test_a_lone_surrogate_is_answered_with_its_escape() -> None:
    result = RUNNER.invoke(
        app, ["inspect", "--jsonl", "-"], input='{"id": "\\ud800", "text": "\\udfff Секретно"}\n'
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout)["verdict"] == "state_secret"


def test_a_missing_file_is_a_usage_error() -> None:
    assert RUNNER.invoke(app, ["inspect", "--jsonl", "/nonexistent.jsonl"]).exit_code == 2
