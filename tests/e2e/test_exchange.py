"""A request with an annex from one ministry's system to the other's, over real processes and real TLS."""

import hashlib
import random
from pathlib import Path

import pytest

from audit.bundle import open_evidence
from audit.checkpoint import CheckpointReader
from audit.verify import Verdict
from gateway.sdk import Status
from keys.notes import NoteVerifier
from tests.support import drafts
from tests.support.partners import Partner, Partners, items_of, sdk_draft, until, wait_state

pytestmark = pytest.mark.e2e
MIB = 1024 * 1024


def pdf(folder: Path, size: int) -> Path:
    """A file that begins and ends like a PDF, the same for the same size."""
    path = folder / f"annex-{size}.pdf"
    frame = (b"%PDF-1.7\n", b"\n%%EOF\n")
    path.write_bytes(frame[0] + random.Random(size).randbytes(size - sum(map(len, frame))) + frame[1])
    return path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.parametrize("size", [4096, 8 * MIB])
def test_a_request_with_a_pdf_arrives_whole_and_is_proven(
    serving: Partners, tmp_path: Path, size: int
) -> None:
    annex = pdf(tmp_path, size)
    with serving.kz.client() as sender, serving.ru.client() as reader:
        prepared, signature = serving.request(sender, attachments=[sender.attach(annex)])
        submitted = sender.submit(prepared, signature)
        wait_state(sender, prepared.message, "consigned")
        item = until(lambda: next(iter(items_of(reader, prepared.message)), None), "the item")
        collected = reader.collect(item.id, "crime-solving")
        assert collected.manifest_digest == submitted.manifest_digest
        part = collected.attachments[0]
        assert (part.name, part.media_type, part.size) == (annex.name, "application/pdf", size)
        copy = tmp_path / "copy.pdf"
        reader.save_attachment(item.id, part.position, copy)
        assert digest(copy) == digest(annex)
        reader.acknowledge(item.id)
        status = wait_state(sender, prepared.message, "handed_over")
    _require_proof(serving.ru, status, "ContentHandover")
    _require_proof(serving.ru, status, "RelayAcceptance")


def _require_proof(giver: Partner, status: Status, event: str) -> None:
    """The evidence verifies offline, with nothing but the giver's listed key."""
    assert giver.member.entry is not None
    verifier = NoteVerifier.from_vkey(giver.member.entry.checkpoint.vkey)
    bundle = next(one.bundle for one in status.evidence if one.event == event)
    evidence = open_evidence(
        bundle.encode(), CheckpointReader([verifier], giver.member.entry.checkpoint.origin)
    )
    assert evidence.record.event == event
    assert evidence.record.fields["message"] == status.message.message
    assert evidence.record.fields["manifest"] == status.message.manifest_digest


def test_an_answer_comes_back_in_the_same_case(serving: Partners) -> None:
    with serving.kz.client() as kz, serving.ru.client() as ru:
        prepared, signature = serving.request(kz)
        submitted = kz.submit(prepared, signature, wait_s=10)
        draft = sdk_draft(drafts.reply("result", submitted.case, prepared.message))
        answered = ru.send(draft, wait_s=10)
        wait_state(ru, answered.message, "consigned")
        until(lambda: next(iter(items_of(kz, answered.message)), None), "the answer")
        assert kz.case(submitted.case).state == ru.case(submitted.case).state == "answered"


def test_both_logs_verify_afterwards(serving: Partners) -> None:
    for partner in (serving.kz, serving.ru):
        report = partner.audit()
        assert report.verdict is Verdict.OK, report
        assert report.size > 5
