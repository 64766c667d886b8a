"""The other side is away for a while, or goes away in the middle of a large part."""

from pathlib import Path

import pytest

from gateway.sdk.errors import SdkError
from tests.e2e.test_exchange import MIB, digest, pdf
from tests.support.partners import Partners, items_of, until, wait_state

pytestmark = pytest.mark.e2e


def test_what_is_sent_while_the_receiver_is_down_arrives_once_it_is_back(serving: Partners) -> None:
    serving.ru.running.stop()
    with serving.kz.client() as sender:
        prepared, signature = serving.request(sender)
        assert sender.submit(prepared, signature).state == "queued"
        assert [one.event for one in sender.status(prepared.message).evidence] == ["SubmissionAcceptance"]
        serving.ru.start()
        wait_state(sender, prepared.message, "consigned")
    with serving.ru.client() as reader:
        assert len(items_of(reader, prepared.message)) == 1


def test_an_interrupted_part_goes_on_where_it_ended(serving: Partners, tmp_path: Path) -> None:
    annex = pdf(tmp_path, 64 * MIB)
    blobs = serving.ru.member.folder / "blobs"
    with serving.kz.client() as sender:
        prepared, signature = serving.request(sender, attachments=[sender.attach(annex)])
        sender.submit(prepared, signature)
        partial = until(lambda: _begun(blobs), "a part on its way")
        serving.ru.running.kill()
        kept = partial.stat().st_size
        assert 0 < kept < annex.stat().st_size
        inode = partial.stat().st_ino
        serving.ru.start()
        wait_state(sender, prepared.message, "consigned")
    whole = partial.with_name(partial.name.removesuffix(".partial"))
    assert whole.stat().st_ino == inode, "the part was sent anew"
    with serving.ru.client() as reader:
        (item,) = items_of(reader, prepared.message)
        position = reader.collect(item.id, "crime-solving").attachments[0].position
        copy = tmp_path / "copy.pdf"
        reader.save_attachment(item.id, position, copy)
    assert digest(copy) == digest(annex)


def _begun(blobs: Path) -> Path | None:
    for path in blobs.glob("in-*.partial"):
        if path.stat().st_size > MIB:
            return path
    return None


def test_an_attachment_is_refused_to_who_has_not_collected_it(serving: Partners, tmp_path: Path) -> None:
    annex = pdf(tmp_path, 4096)
    with serving.kz.client() as sender, serving.ru.client() as reader:
        prepared, signature = serving.request(sender, attachments=[sender.attach(annex)])
        sender.submit(prepared, signature)
        item = until(lambda: next(iter(items_of(reader, prepared.message)), None), "the item")
        with pytest.raises(SdkError):
            reader.save_attachment(item.id, 2, tmp_path / "early.pdf")
    assert not (tmp_path / "early.pdf").exists()
