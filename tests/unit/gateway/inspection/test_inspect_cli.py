"""`kelisim inspect PATH…`: a line for each file, and exit codes that scripts can trust."""

import json
from pathlib import Path

import pytest
import typer

from gateway.cli.inspect_files import files_of, inspect_files
from gateway.settings import InspectionSection
from tests.support.documents.packages import docx, paragraph
from tests.support.documents.reading import LETTER

SECTION = InspectionSection(workers=1)
GRADED = docx(paragraph("Секретно") + paragraph("Экз. № 1") + paragraph(LETTER))


def _exit_code(paths: list[Path], *, as_json: bool = False) -> int:
    try:
        inspect_files(paths, as_json=as_json, section=SECTION)
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def test_files_and_folders_are_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "letter.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "case" / "order.docx").write_bytes(GRADED)
    (tmp_path / "case" / "noise.bin").write_bytes(bytes(99))
    assert _exit_code([tmp_path / "case"], as_json=True) == 1
    lines = {Path(line["path"]).name: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {name: line["verdict"] for name, line in lines.items()} == {
        "letter.txt": "none",
        "order.docx": "state_secret",
        "noise.bin": "uninspectable",
    }
    assert lines["noise.bin"]["problems"] == [{"reason": "unknown_type", "place": ""}]
    found = lines["order.docx"]["findings"][0]
    assert set(found) == {"marking", "language", "place", "rule"}
    assert "word/document.xml" in found["place"]


def test_nothing_found_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    assert _exit_code([tmp_path / "letter.txt"]) == 0
    assert capsys.readouterr().out == f"none          {tmp_path / 'letter.txt'}\n"


def test_the_text_form_names_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "order.docx").write_bytes(GRADED)
    assert _exit_code([tmp_path / "order.docx"]) == 1
    assert "word/document.xml" in capsys.readouterr().out


def test_a_missing_path_ends_with_2_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "order.docx").write_bytes(GRADED)
    assert _exit_code([tmp_path / "order.docx", tmp_path / "absent"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "absent" in captured.err


def test_links_inside_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "a")
    (tmp_path / "folder" / "b").write_text("x")
    assert [path.name for path in files_of([tmp_path / "folder"])] == ["b"]
