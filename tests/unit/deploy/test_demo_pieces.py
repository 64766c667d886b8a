"""The demo's own checks must be able to fail; its output is plain wherever it is no terminal."""

import io
import re
from pathlib import Path

import pytest

from deploy.demo.checking import UnexpectedOutcome, require_equal, wait_for
from deploy.demo.commands import environment, run
from deploy.demo.letters import pdf, request_to_russia
from deploy.demo.printing import Printing, texts_of
from deploy.demo.proofs import flip_byte
from deploy.demo.stage import Stage, require_arrived
from deploy.demo.world import KZ, free_ports
from gateway.sdk import Client, Draft, Prepared, ProblemError
from gateway.sdk.answers import Decision, Submitted
from gateway.sdk.errors import _Problem

REASONS = [
    {"provision": "kz-ru-mvd-2008/10", "text": "No translation."},
    {"provision": "baseline/legal-basis", "text": "Another one."},
]
REMEDIES = [{"provision": "kz-ru-mvd-2008/10", "text": "Translate it."}]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO) -> str:
    show = Printing(stream)
    show.title("Title")
    show.chapter("First")
    show.done("made", "a detail")
    show.chapter("Second")
    show.permit("sent", ["p/1", "p/2"])
    show.deny("refused", ["kz-ru-mvd-2008/10", "baseline/legal-basis"], REASONS, REMEDIES)
    show.failure("other")
    return stream.getvalue()


def test_a_pipe_gets_plain_lines_even_if_colour_is_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    text = told(io.StringIO())
    assert "\x1b" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_a_terminal_gets_colours_and_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured, plain = told(Terminal()), told(io.StringIO())
    assert "\x1b[" in coloured
    words = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in words.splitlines()] == plain.splitlines()


def test_a_denial_shows_its_decisive_provision_with_why_and_remedy() -> None:
    lines = [line.strip() for line in told(io.StringIO()).splitlines()]
    at = next(index for index, line in enumerate(lines) if line.endswith("refused"))
    assert lines[at + 1 : at + 5] == [
        "under   kz-ru-mvd-2008/10",
        "also    baseline/legal-basis",
        "why     No translation.",
        "remedy  Translate it.",
    ]


def test_steps_are_numbered_within_their_chapter() -> None:
    assert re.findall(r"^\d\.\d", told(io.StringIO()), re.MULTILINE) == ["1.1", "2.1", "2.2"]


def test_a_text_is_shown_once_and_only_under_its_provision() -> None:
    assert texts_of([*REASONS, REASONS[0]], "kz-ru-mvd-2008/10") == ["No translation."]
    assert texts_of(REASONS, "kz-ru-mvd-2008/5.4") == []


class Answering(Client):
    """A client whose gateway answers a submission in one way."""

    def __init__(self, answer: Submitted | ProblemError) -> None:
        self._answer = answer

    def send(self, draft: Draft, **_given: object) -> Submitted:  # type: ignore[override]
        if isinstance(self._answer, ProblemError):
            raise self._answer
        return self._answer

    def prepare(self, draft: Draft) -> Prepared:
        raise AssertionError


def submitted(state: str = "consigned", provision: str = "a/1") -> Submitted:
    return Submitted("m", "d", "c", state, "e", Decision("permit", (provision,)))


def denial(provision: str, name: str = "denied") -> ProblemError:
    remedies = ({"provision": provision, "text": "Do otherwise."},)
    problem = _Problem(f"/problems/{name}", "Denied", 403, provisions=(provision,), remedies=remedies)
    return ProblemError(problem)


def stage(answer: Submitted | ProblemError, tmp_path: Path) -> tuple[Stage, io.StringIO]:
    stream = io.StringIO()
    return Stage(Printing(stream), {}, {KZ: Answering(answer)}, tmp_path), stream


def test_the_expected_denial_is_shown(tmp_path: Path) -> None:
    one, stream = stage(denial("a/1"), tmp_path)
    one.denied(KZ, request_to_russia(signed=False), provision="a/1", text="a thing")
    assert "under   a/1\n" in stream.getvalue()


@pytest.mark.parametrize(
    "answer",
    [submitted(), denial("a/2"), denial("a/1", name="invalid")],
    ids=["permitted", "another-provision", "not-a-decision"],
)
def test_anything_but_the_expected_denial_ends_the_demo(
    answer: Submitted | ProblemError, tmp_path: Path
) -> None:
    one, stream = stage(answer, tmp_path)
    with pytest.raises(UnexpectedOutcome):
        one.denied(KZ, request_to_russia(signed=False), provision="a/1", text="a thing")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("sent", [submitted(state="rejected"), submitted(provision="a/2")])
def test_a_message_that_did_not_arrive_as_told_ends_the_demo(sent: Submitted) -> None:
    require_arrived(submitted(), "a/1")
    with pytest.raises(UnexpectedOutcome):
        require_arrived(sent, "a/1")


def test_a_difference_is_named() -> None:
    with pytest.raises(UnexpectedOutcome, match="state: 'a', expected 'b'"):
        require_equal("state", "a", "b")


def test_what_does_not_happen_is_not_waited_for_forever() -> None:
    with pytest.raises(UnexpectedOutcome, match="did not happen"):
        wait_for("it", lambda: None, patience_s=0.01)


def test_a_command_with_another_exit_code_ends_the_demo(tmp_path: Path) -> None:
    with pytest.raises(UnexpectedOutcome, match="ended with 2, not 0"):
        run("decide", "--facts", tmp_path / "absent.json")


def test_commands_do_not_see_the_callers_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KELISIM_PASSPHRASE", "x")
    assert "KELISIM_PASSPHRASE" not in environment()
    assert "PATH" in environment()


def test_exactly_one_bit_of_a_leaf_is_flipped(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.write_bytes(b"before-LEAF-after")
    flip_byte(file, b"LEAF")
    changed = [(a, b) for a, b in zip(b"before-LEAF-after", file.read_bytes(), strict=True) if a != b]
    assert [a ^ b for a, b in changed] == [1]


@pytest.mark.parametrize("content", [b"nothing here", b"LEAF and LEAF"])
def test_a_leaf_that_is_not_there_once_is_not_flipped(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.write_bytes(content)
    with pytest.raises(UnexpectedOutcome):
        flip_byte(file, b"LEAF")
    assert file.read_bytes() == content


def test_the_annex_is_a_pdf_whose_table_names_every_object() -> None:
    data = pdf("A (small) text")
    start = int(data.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    table = data[start:].split(b"\n")
    assert table[0] == b"xref"
    entries = table[3 : 2 + int(table[1].split()[1])]
    for number, entry in enumerate(entries, 1):
        assert data[int(entry[:10]) :].startswith(b"%d 0 obj\n" % number)
    assert rb"A \(small\) text" in data


def test_a_text_that_the_annex_cannot_show_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        pdf("Приложение")


def test_ports_are_all_different() -> None:
    assert len(set(free_ports(20))) == 20
