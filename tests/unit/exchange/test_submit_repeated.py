"""A submission with attachments, repeated; its uploads are gone because a message holds their content."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from audit.events import Event
from gateway.errors import Conflict, Invalid
from gateway.exchange.prepare import Attachment, Draft, prepare
from gateway.exchange.submit import Accepted, Denied, Submission, submit
from gateway.exchange.uploads import UploadSession
from keys.signatures import official_sign
from policies.loading import load_packs
from tests.support import drafts
from tests.support.hostile import HOUR_MS, Victim, run
from tests.support.node_fixture import moved
from tests.support.world import CLIENT, World, make_world

ANNEX = b"%PDF-1.7 annex"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def victim(founded: World, tmp_path: Path) -> Iterator[Victim]:
    shutil.copytree(founded.folder, tmp_path / "world")
    made = Victim(moved(founded, tmp_path / "world"), "kz/mia", load_packs())
    yield made
    made.close()


def uploaded(victim: Victim) -> str:
    async def story() -> str:
        session = UploadSession(victim.node, CLIENT)
        session.write(ANNEX)
        return (await session.finish()).upload_id

    return run(story())


def with_annex(upload: str, **changes: object) -> Draft:
    return drafts.request(attachments=[Attachment(upload, "application/pdf")], **changes)


def signed(victim: Victim, draft: Draft, key: str = "") -> Submission:
    made = prepare(victim.node, CLIENT, draft)
    official = official_sign(victim.member.head, made.manifest)
    return Submission(made.manifest, made.body, official, made.uploads, key or made.message)


def accepted(victim: Victim, submission: Submission) -> Accepted:
    result = run(submit(victim.node, CLIENT, submission))
    assert isinstance(result, Accepted)
    return result


def upload_blobs(victim: Victim) -> list[str]:
    return [path.name for path in (victim.member.folder / "blobs").glob("upload-*")]


def test_a_submission_with_an_annex_is_answered_again_after_its_upload_is_gone(victim: Victim) -> None:
    submission = signed(victim, with_annex(uploaded(victim)))
    assert upload_blobs(victim)
    first = accepted(victim, submission)
    assert not upload_blobs(victim)
    victim.clock.now += 100 * HOUR_MS
    victim.restart()
    again = accepted(victim, submission)
    assert (again.evidence, again.repeated) == (first.evidence, True)
    assert len(victim.logged(Event.MESSAGE_SUBMITTED)) == 1


def test_an_upload_that_a_crash_left_behind_goes_with_the_repetition(victim: Victim) -> None:
    submission = signed(victim, with_annex(uploaded(victim)))
    accepted(victim, submission)
    (upload,) = submission.uploads.values()
    left = victim.node.blobs.create(f"upload-{CLIENT}.{upload}")
    left.write(b"what a crash after the commit would leave")
    left.commit()
    accepted(victim, submission)
    assert not upload_blobs(victim)


def test_an_upload_serves_one_message(victim: Victim) -> None:
    upload = uploaded(victim)
    first, second = signed(victim, with_annex(upload)), signed(victim, with_annex(upload))
    accepted(victim, first)
    with pytest.raises(Invalid, match="no waiting upload"):
        run(submit(victim.node, CLIENT, second))
    with pytest.raises(Invalid, match="no such upload"):
        prepare(victim.node, CLIENT, with_annex(upload))


def test_a_denied_message_leaves_its_upload_to_the_next(victim: Victim) -> None:
    upload = uploaded(victim)
    denied = run(submit(victim.node, CLIENT, signed(victim, with_annex(upload, level="state_secret"))))
    assert isinstance(denied, Denied)
    accepted(victim, signed(victim, with_annex(upload)))


@pytest.mark.parametrize("kind", ["request", "information"])
def test_what_would_open_a_case_is_not_taken_into_an_open_one(victim: Victim, kind: str) -> None:
    first = accepted(victim, signed(victim, drafts.request()))
    again = drafts.request(kind=kind, case=first.case, in_reply_to=first.message)
    denied = run(submit(victim.node, CLIENT, signed(victim, again)))
    assert isinstance(denied, Denied)
    assert "baseline/case-order" in denied.decision.provisions
    assert len(victim.logged(Event.MESSAGE_SUBMITTED)) == 1


def test_nothing_is_sealed_below_the_recipients_suite_floor(victim: Victim) -> None:
    submission = signed(victim, drafts.request())
    run(victim.relist("ru/mia", min_suite=2))
    with pytest.raises(Invalid, match="suite 2 at least"):
        run(submit(victim.node, CLIENT, submission))
    assert not victim.node.store.queued_envelopes("ru/mia", 10)


def test_a_key_serves_one_manifest_with_one_signature(victim: Victim) -> None:
    submission = signed(victim, drafts.request())
    accepted(victim, submission)
    with pytest.raises(Conflict, match="idempotency_key"):
        run(submit(victim.node, CLIENT, msgspec.structs.replace(submission, official=None)))
