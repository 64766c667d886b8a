"""The lexicon is data that somebody signed: anything altered is refused."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gateway.inspection.lexicon as shipped
from gateway.cli.main import app
from gateway.errors import ConfigError
from gateway.inspection.lexicon.document import parse_document
from gateway.inspection.loading import load_lexicon, sign_lexicon
from gateway.inspection.patterns import Lexicon
from keys.errors import KeyRefused
from keys.jwk import SigningKey, Usage

FOLDER = Path(shipped.__file__).parent
LANGUAGES = {"kk", "ru", "tk", "az", "ky", "uz", "tg", "zh", "ar", "en"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("markings.yaml", "markings.jws", "release.pub.jwk"):
        shutil.copy(FOLDER / name, tmp_path / name)
    return tmp_path / "markings.yaml"


def test_the_shipped_lexicon_verifies_against_the_release_key(lexicon: Lexicon, copy: Path) -> None:
    assert load_lexicon(copy, copy.parent / "release.pub.jwk").digest == lexicon.digest


@pytest.mark.parametrize("change", [b" ", b"\n# a comment\n"])
def test_an_altered_lexicon_is_refused(copy: Path, change: bytes) -> None:
    copy.write_bytes(copy.read_bytes() + change)
    with pytest.raises(ConfigError, match="not what was signed"):
        load_lexicon(copy)


def test_a_lexicon_signed_by_another_key_is_refused(copy: Path) -> None:
    other = SigningKey.generate(Usage.TRUST)
    copy.with_suffix(".jws").write_text(sign_lexicon(copy.read_bytes(), other))
    with pytest.raises(ConfigError, match="not what was signed"):
        load_lexicon(copy)


def test_a_key_for_something_else_signs_no_lexicon(copy: Path) -> None:
    with pytest.raises(KeyRefused):
        sign_lexicon(copy.read_bytes(), SigningKey.generate(Usage.SEAL))


@pytest.mark.parametrize("missing", ["markings.yaml", "markings.jws"])
def test_a_missing_file_is_named(copy: Path, missing: str) -> None:
    (copy.parent / missing).unlink()
    with pytest.raises(ConfigError, match="No such file"):
        load_lexicon(copy)


def test_a_lexicon_of_ones_own_is_signed_and_used(copy: Path, tmp_path: Path) -> None:
    runner, key = CliRunner(), tmp_path / "own.jwk"
    copy.write_bytes(
        copy.read_bytes().replace("Секретно, Sekretno".encode(), "Секретно, Sekretno, Строговато".encode())
    )
    assert runner.invoke(app, ["key", "new", "trust", str(key)]).exit_code == 0
    assert runner.invoke(app, ["lexicon", "sign", str(copy), "--key", str(key)]).exit_code == 0
    verified = runner.invoke(app, ["lexicon", "verify", str(copy), "--key", str(tmp_path / "own.pub.jwk")])
    assert verified.exit_code == 0
    assert "sha256" in verified.output
    assert runner.invoke(app, ["lexicon", "verify", str(copy)]).exit_code == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"version: 1",
        b"{",
        b"\xff",
        b"version: '1'\nversion: '2'\n",
        b"version: '1'\nmarkings: []\ncode: x\n",
    ],
)
def test_a_lexicon_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigError):
        parse_document(content)


def test_each_language_has_state_secrets_a_restricted_marking_and_a_denial() -> None:
    document = parse_document((FOLDER / "markings.yaml").read_bytes())
    for language in LANGUAGES - {"en"}:
        verdicts = {marking.verdict for marking in document.markings if marking.language == language}
        assert verdicts == {"state_secret", "restricted", "none"}
    assert all(marking.source for marking in document.markings)
