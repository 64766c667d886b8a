"""The commands of clients: a whole exchange on the command line, exit codes, and what goes wrong readably."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.cli import client, client_sending, decide
from gateway.cli.client_output import exit_code
from gateway.sdk import Client, ProfileError, TokenRefused, Unreachable
from keys.jwk import SigningKey, Usage, save_private
from tests.support import drafts
from tests.support.world import HEAD_NAME, World

Run = Callable[..., Result]
FORM = str(drafts.request().form)
REQUEST = [
    "--kind=request",
    "--agreement=kz-ru-mvd-2008",
    "--to=ru/mia",
    "--language=ru",
    "--subject=property",
    f"--form={FORM}",
    "--purpose=crime-solving",
]


@pytest.fixture
def run(
    blocking: Callable[[str], Client],
    sdk_world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs a command; --profile=kz/mia or ru/mia chooses the node."""
    for module in (client, client_sending):
        monkeypatch.setattr(module, "Client", lambda profile: blocking(str(profile)))
    app = typer.Typer()
    client.mount(app)
    app.command("decide")(decide.decide)
    save_private(tmp_path / "head.jwk", sdk_world["kz/mia"].head, None)
    (tmp_path / "body.json").write_text(json.dumps({"elements": drafts.ELEMENTS}, ensure_ascii=False))
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return invoke


def _sent(run: Run, *more: str) -> dict[str, str]:
    arguments = [*REQUEST, f"--signatory=head={HEAD_NAME}", "--body-file=body.json", "--wait=5", "--json"]
    result = run("send", "--profile=kz/mia", *arguments, "--sign-with=head.jwk", *more)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_a_file_goes_there_and_is_collected(run: Run, tmp_path: Path) -> None:
    (tmp_path / "annex.pdf").write_bytes(b"%PDF-1.7 annex")
    sent = _sent(run, "annex.pdf::role=certified-copy,language=ru")
    assert sent["state"] == "consigned"
    listed = json.loads(run("inbox", "--profile=ru/mia", "--json").stdout)
    (item,) = listed["items"]
    plain = run("inbox", "--profile=ru/mia").stdout.rstrip("\n").split("\t")
    assert plain[:2] == [item["id"], "kz/mia"]
    collected = run("collect", "--profile=ru/mia", item["id"], "-o", "got", "--purpose=crime-solving")
    assert collected.exit_code == 0, collected.output
    assert (tmp_path / "got/02-annex.pdf").read_bytes() == b"%PDF-1.7 annex"
    assert json.loads((tmp_path / "got/manifest.json").read_bytes())["id"] == sent["message"]
    assert json.loads((tmp_path / "got/body.json").read_bytes())["elements"] == drafts.ELEMENTS
    for path in (tmp_path / "got").iterdir():
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path
    assert run("ack", "--profile=ru/mia", item["id"]).exit_code == 0
    status = run("status", "--profile=kz/mia", sent["message"], "--evidence", "proofs")
    assert "ContentConsignment" in status.stdout
    assert (tmp_path / "proofs/SubmissionAcceptance-kz-mia.tlog-proof").read_text() == sent["evidence"]
    case = run("case", "--profile=ru/mia", sent["case"])
    assert "we are the executor" in case.stdout
    told = run("case", "--profile=ru/mia", sent["case"], "--moment=obstacle_known")
    assert "kz-ru-mvd-2008/7.1\tat once\tru/mia" in told.stdout, told.output
    late = run(
        "case", "--profile=ru/mia", sent["case"], "--moment=obstacle_known", "--at=2090-01-01T00:00:00Z"
    )
    assert (late.exit_code, "is in the future" in late.stderr) == (2, True)


def test_prepare_sign_submit_in_three_steps(run: Run, tmp_path: Path) -> None:
    more = [f"--signatory=head={HEAD_NAME}", "--body-file=body.json", "-o", "m.json"]
    prepared = run("prepare", "--profile=kz/mia", *REQUEST, *more)
    assert prepared.exit_code == 0, prepared.output
    signed = run("sign", "m.json", "--key=head.jwk")
    assert signed.exit_code == 0, signed.output
    assert "recipients: ru/mia" in signed.stderr
    first = run("submit", "--profile=kz/mia", "m.json", "--json")
    again = run("submit", "--profile=kz/mia", "m.json", "--json")
    assert first.exit_code == again.exit_code == 0, first.output
    assert json.loads(first.stdout)["evidence"] == json.loads(again.stdout)["evidence"]
    (tmp_path / "m.json").write_bytes((tmp_path / "m.json").read_bytes().replace(b"restricted", b"open"))
    tampered = run("submit", "--profile=kz/mia", "m.json")
    assert (tampered.exit_code, "another message" in tampered.stderr) == (4, True)


def test_a_denial_ends_with_1_and_its_provisions(run: Run) -> None:
    result = run("send", "--profile=kz/mia", *REQUEST, "--body-file=body.json")
    assert result.exit_code == 1
    assert "kz-ru-mvd-2008/5.4" in result.stderr
    assert "what would help" in result.stderr
    as_json = run("send", "--profile=kz/mia", *REQUEST, "--body-file=body.json", "--json")
    assert as_json.exit_code == 1
    assert "kz-ru-mvd-2008/5.4" in json.loads(as_json.stdout)["error"]["provisions"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--element=content"],
        ["--signatory=clerk=Somebody"],
        ["--signatory=head"],
        ["--body-file=absent.json"],
        ["--body-file=body.json", "--text=both"],
        ["--text=x", "absent.pdf"],
        ["--text=x", "body.json::colour=red"],
        ["--text=x", "body.json::translates=two"],
        ["--text=x", "--level=cosmic"],
        ["--text=x", "--in-reply-to=nonsense"],
        ["--text=x", "--sign-with=absent.jwk"],
        ["--wait=-1"],
    ],
)
def test_wrong_arguments_end_with_2_readably(run: Run, arguments: list[str]) -> None:
    result = run("send", "--profile=kz/mia", *REQUEST, *arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("content", [b"", b"[]", b'{"b":1,"a":2}', b"\xff", b'"text"'])
def test_what_is_no_manifest_is_not_signed(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    result = run("sign", "x.json", "--key=head.jwk")
    assert result.exit_code == 2, result.output
    assert not (tmp_path / "x.json.jws").exists()


def test_a_key_of_somebody_else_does_not_sign(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"{}")
    save_private(tmp_path / "client.jwk", SigningKey.generate(Usage.CLIENT), None)
    assert run("sign", "x.json", "--key=client.jwk").exit_code == 2


def test_unknown_things_end_with_4(run: Run) -> None:
    unknown = "01a1fcf2-acba-7289-8bf9-354d9f0c3a8c"
    for command in (["status"], ["case"], ["ack"], ["collect", "-o", "x"]):
        result = run(command[0], "--profile=kz/mia", unknown, *command[1:])
        assert result.exit_code == 4, result.output


@pytest.mark.parametrize(
    ("error", "code"),
    [(Unreachable("x"), 3), (TokenRefused("invalid_client", ""), 4), (ProfileError("x"), 2)],
)
def test_each_kind_of_failure_has_its_exit_code(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def test_a_missing_profile_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KELISIM_PROFILE", raising=False)
    assert run("inbox").exit_code == 2
    monkeypatch.undo()
    result = CliRunner().invoke(_real_app(), ["inbox", "--profile=/absent.toml"])
    assert (result.exit_code, "absent.toml" in result.stderr) == (2, True)


def _real_app() -> typer.Typer:
    app = typer.Typer()
    client.mount(app)
    return app


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", ".ssh", "..", "/abs", "a/b", "", None, "normal.pdf", "\u202egnp.exe"]
)
def test_a_collected_file_stays_in_its_folder(name: str | None) -> None:
    chosen = client._file_name(2, name)
    assert chosen.startswith("02-")
    assert "/" not in chosen
    assert (Path("out") / chosen).resolve().parent == Path("out").resolve()


# decide


def test_decide_prints_the_decision_and_ends_by_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(json.dumps({"act": "send", "agreement": "kz-ru-mvd-2008"}))
    result = run("decide", "--facts=facts.json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["outcome"] == "deny"


def test_decide_ends_with_0_for_a_permit(run: Run, tmp_path: Path) -> None:
    facts = {
        "as_of": "2026-01-01T00:00:00Z",
        "act": "collect",
        "kind": "request",
        "agreement": "kz-ru-mvd-2008",
        "agreement_in_force": True,
        "level_changed": "none",
        "changed_by_originator": True,
        "sender": "kz/mia",
        "recipient": "ru/mia",
        "level": "open",
        "clearance": "open",
        "caveats": [],
        "caveats_met": True,
        "purpose": "p",
        "purpose_declared": True,
        "purpose_same": True,
        "grant_repurpose": False,
        "sources": [],
        "onward": False,
    }
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    result = run("decide", "--facts=facts.json")
    assert (result.exit_code, json.loads(result.stdout)["outcome"]) == (0, "permit"), result.output


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"act": "steal"}', "act"),
        ('{"nonsense": 1}', "nonsense"),
        ('{"act":"send","act":"send"}', "act"),
        ("[]", "facts.json"),
        ("{", "facts.json"),
        ("", "facts.json"),
    ],
)
def test_wrong_facts_end_with_2_and_the_field_named(run: Run, tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "facts.json").write_text(text)
    result = run("decide", "--facts=facts.json")
    assert (result.exit_code, named in result.stderr) == (2, True), result.output
    assert run("decide", "--facts=absent.json").exit_code == 2


EXTRA = Path(__file__).parents[3] / "packs"
INVENTED = {"act": "send", "kind": "request", "agreement": "kz-ru-harbours-2020", "elements": []}


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "The request does not name the ship."), ("kk", "Сұрау салуда кеме аталмаған.")],
)
def test_decide_by_further_packs_gives_reasons_in_the_language_asked_for(
    run: Run, tmp_path: Path, language: str, text: str
) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(INVENTED))
    result = run("decide", "--facts=facts.json", f"--packs={EXTRA}", f"--language={language}")
    assert text in {reason["text"] for reason in json.loads(result.stdout)["reasons"]}


@pytest.mark.parametrize(("day", "status"), [("2019-12-31", "not_in_force"), ("2020-01-01", "in_force")])
def test_decide_as_of_a_day_fills_in_the_agreements_status(
    run: Run, tmp_path: Path, day: str, status: str
) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(INVENTED))
    result = run("decide", "--facts=facts.json", f"--packs={EXTRA}", f"--as-of={day}")
    assert json.loads(result.stdout)["filled_in"]["agreement_status"] == status


@pytest.mark.parametrize("option", ["--as-of=tomorrow", "--packs=absent", "--language=fr"])
def test_decide_refuses_what_is_no_day_no_folder_of_packs_or_no_language(
    run: Run, tmp_path: Path, option: str
) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(INVENTED))
    assert run("decide", "--facts=facts.json", option).exit_code == 2
