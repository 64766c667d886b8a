"""Writes and checks the protocol's test vectors.

`python -m tests.vectors.generate` writes them; with `--check` nothing is written and the exit code is 1 if a
file differs from what the code yields today. Envelopes are sealed with fresh randomness, so those that are
on record are kept as long as they hold what they should; only `--seal` may add new ones.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from keys import instants
from keys.tls import make_authority
from tests.vectors.case import Document
from tests.vectors.framing import frames_document
from tests.vectors.judges import judge
from tests.vectors.listing import listed_keys_document, trust_files_document
from tests.vectors.living import cases_document
from tests.vectors.proving import evidence_document, leaves_document, views_document
from tests.vectors.sealing import (
    Content,
    Frame,
    envelopes_document,
    header_document,
    key_schedule_document,
    seal_once,
    still_holds,
)
from tests.vectors.signing import block_document, signatures_document
from tests.vectors.texts import body_document, canonical_document, manifest_document

FOLDER = Path(__file__).resolve().parent
KEPT = FOLDER / "envelopes.json"
DATE = "2026-11-27"
SOURCE = "tests/vectors/generate.py of this repository"


class Missing(Exception):
    """A sealed envelope or certificate is not on record, or is not what it should be."""


class Kept:
    """What cannot be made twice: the sealed envelopes and one certificate, out of `envelopes.json`."""

    def __init__(self, path: Path, *, may_seal: bool) -> None:
        self._may_seal = may_seal
        document = json.loads(path.read_bytes()) if path.exists() else {"shared": {}, "cases": []}
        self._ca: str | None = document["shared"].get("ca")
        self._frames: dict[str, Frame] = {case["name"]: case["input"]["frame"] for case in document["cases"]}

    def certificate(self) -> str:
        """The PEM of the authority that the lists name."""
        if self._ca is None:
            self._require_sealing("certificate")
            start, end = (instants.parse(text) for text in ("2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z"))
            self._ca = make_authority("vectors gateway CA", start, end).certificate_pem.decode()
        return self._ca

    def envelope(self, name: str, content: Content, recipient: str) -> Frame:
        """The envelope of a name; its content, keys and header are checked."""
        frame = self._frames.get(name)
        if frame is None or not still_holds(name, content, frame, recipient):
            self._require_sealing(name)
            frame = self._frames[name] = seal_once(name, content, recipient)
        return frame

    def _require_sealing(self, name: str) -> None:
        if not self._may_seal:
            raise Missing(f"{name}: not on record as it should be; `--seal` makes it anew")


def documents(kept: Kept) -> dict[str, Document]:
    """Every document by file name, with the outcome of every case."""
    ca = kept.certificate()
    made = [
        canonical_document(),
        manifest_document(),
        body_document(),
        cases_document(),
        signatures_document(),
        block_document(),
        header_document(),
        key_schedule_document(),
        envelopes_document(ca, kept.envelope),
        trust_files_document(ca),
        listed_keys_document(ca),
        leaves_document(),
        evidence_document(),
        views_document(),
        frames_document(),
    ]
    return {f"{one['kind']}.json": judged(one) for one in made}


def judged(document: Document) -> Document:
    """The document with the result or cause of every case, each as its name demands."""
    shared = document.get("shared", {})
    names = [case["name"] for case in document["cases"]]
    if len(set(names)) != len(names):
        raise ValueError(f"{document['kind']}: two cases have one name")
    cases = []
    for case in document["cases"]:
        outcome, result = judge(document["kind"], case["input"], shared)
        if outcome != case["expect"]:
            raise ValueError(
                f"{document['kind']}: {case['name']}: {case['expect']} expected, {outcome}: {result}"
            )
        cases.append({**case, "result": result})
    return {"source": SOURCE, "date": DATE, **document, "cases": cases}


def written(document: object) -> str:
    """A file's text."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.vectors.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    parser.add_argument("--seal", action="store_true", help="seal the envelopes that are not on record")
    chosen = parser.parse_args(arguments)
    kept = Kept(KEPT, may_seal=chosen.seal and not chosen.check)
    try:
        texts = {name: written(document) for name, document in documents(kept).items()}
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    if chosen.check:
        return _compare(texts)
    for name, text in texts.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def _compare(texts: dict[str, str]) -> int:
    there = {path.name for path in FOLDER.glob("*.json")}
    different = sorted(
        name
        for name in there | texts.keys()
        if name not in there or texts.get(name) != (FOLDER / name).read_text(encoding="utf-8")
    )
    for name in different:
        print(f"tests/vectors/{name} differs from what the code yields", file=sys.stderr)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
