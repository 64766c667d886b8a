"""POST /v1/uploads: attachments on their way in, and whose they are."""

import asyncio

import pytest

from gateway.exchange.uploads import sweep_uploads
from tests.support.exchanges import draft_json, prepared, problem, submission
from tests.support.node_fixture import CLEARED_LOW, LiveNode, Town

pytestmark = pytest.mark.anyio


def _blobs(node: LiveNode) -> list[str]:
    return sorted(path.name for path in (node.member.folder / "blobs").iterdir())


async def _upload(node: LiveNode, content: bytes = b"annex") -> str:
    answer = await node.post("/v1/uploads", content=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["upload"])


def _attached(upload: str) -> list[dict[str, str]]:
    return [{"upload": upload, "media_type": "text/plain", "name": "a.txt"}]


async def test_an_upload_is_stored_encrypted_and_logged_without_its_name(kz: LiveNode) -> None:
    answer = await kz.post("/v1/uploads", content=b"secret annex " * 50)
    content = answer.json()
    assert content["size"] == 650
    (entry,) = kz.events("upload.completed")
    assert (entry["upload"], entry["bytes"], entry["content"]) == (content["upload"], 650, content["digest"])
    stored = b"".join(path.read_bytes() for path in (kz.member.folder / "blobs").iterdir())
    assert b"secret annex" not in stored
    assert len(stored) > 650


async def test_another_clients_upload_cannot_be_attached(kz: LiveNode) -> None:
    upload = await _upload(kz)
    content = draft_json(attachments=_attached(upload))
    answer = await kz.post("/v1/messages:prepare", CLEARED_LOW, json=content)
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert answer.json()["problems"][0]["pointer"] == "/attachments/0/upload"


async def test_another_clients_upload_cannot_be_submitted_either(kz: LiveNode) -> None:
    made = await prepared(kz, attachments=_attached(await _upload(kz)))
    answer = await kz.submit(submission(made), client=CLEARED_LOW)
    assert answer.json()["problems"][0]["pointer"] == "/uploads/2"


async def test_an_upload_serves_one_message(kz: LiveNode) -> None:
    attachments = _attached(await _upload(kz))
    first, second = await prepared(kz, attachments=attachments), await prepared(kz, attachments=attachments)
    assert (await kz.submit(submission(first), "first")).status_code == 202
    answer = await kz.submit(submission(second), "second")
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert answer.json()["problems"][0]["pointer"] == "/uploads/2"
    again = await kz.post("/v1/messages:prepare", json=draft_json(attachments=attachments))
    assert again.status_code == 422


async def test_swapped_uploads_do_not_fit_the_manifest(kz: LiveNode) -> None:
    first, second = await _upload(kz, b"one"), await _upload(kz, b"two")
    made = await prepared(kz, attachments=[*_attached(first), *_attached(second)])
    answer = await kz.submit(submission(made, uploads={"2": second, "3": first}))
    assert [one["pointer"] for one in answer.json()["problems"]] == ["/uploads/2", "/uploads/3"]


async def test_too_large_is_refused_by_its_announcement(kz: LiveNode) -> None:
    headers = {"content-length": str(3 * 1024**3)}
    answer = await kz.post("/v1/uploads", content=b"x", headers=headers)
    assert (answer.status_code, problem(answer)) == (413, "too-large")
    assert _blobs(kz) == []


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "", "9" * 400])
async def test_a_length_that_is_none_is_refused(calm: LiveNode, length: str) -> None:
    answer = await calm.post("/v1/uploads", content=b"x", headers={"content-length": length})
    assert answer.status_code in (400, 413)
    assert _blobs(calm) == []


async def test_too_large_without_announcement_leaves_nothing(kz: LiveNode) -> None:
    async def pieces() -> object:
        yield b"x" * 1000
        yield b"x" * 1000

    changed = kz.node.settings.exchange.model_copy(update={"max_attachment_bytes": 1500})
    settings = kz.node.settings.model_copy(update={"exchange": changed})
    object.__setattr__(kz.node, "settings", settings)
    answer = await kz.post("/v1/uploads", content=pieces())
    assert (answer.status_code, problem(answer)) == (413, "too-large")
    assert _blobs(kz) == []
    assert kz.events("upload.completed") == []


def _with_quota(node: LiveNode, limit: int) -> None:
    changed = node.node.settings.exchange.model_copy(update={"max_upload_bytes_per_client": limit})
    settings = node.node.settings.model_copy(update={"exchange": changed})
    object.__setattr__(node.node, "settings", settings)


async def test_waiting_uploads_of_a_client_have_a_limit_together(kz: LiveNode) -> None:
    _with_quota(kz, 4000)
    await _upload(kz, b"x" * 3000)
    answer = await kz.post("/v1/uploads", content=b"x" * 2000)
    assert (answer.status_code, problem(answer)) == (413, "too-large")
    assert "max_upload_bytes_per_client" in answer.text
    assert len(_blobs(kz)) == 1
    assert (await kz.post("/v1/uploads", CLEARED_LOW, content=b"x" * 2000)).status_code == 201


async def test_an_upload_that_a_message_took_makes_room(kz: LiveNode) -> None:
    _with_quota(kz, 4000)
    made = await prepared(kz, attachments=_attached(await _upload(kz, b"x" * 3000)))
    assert (await kz.submit(submission(made), "first")).status_code == 202
    await _upload(kz, b"x" * 3000)


async def test_abandoned_uploads_are_swept_and_logged(kz: LiveNode) -> None:
    kept = await _upload(kz)
    assert await sweep_uploads(kz.node, older_than_ms=0) == 0
    assert await sweep_uploads(kz.node, older_than_ms=1 << 52) == 1
    assert _blobs(kz) == []
    (entry,) = kz.events("upload.discarded")
    assert (entry["upload"], entry["reason"]) == (kept, "abandoned")
    answer = await kz.post("/v1/messages:prepare", json=draft_json(attachments=_attached(kept)))
    assert (answer.status_code, problem(answer)) == (422, "invalid")


async def test_an_upload_that_breaks_off_leaves_nothing(kz: LiveNode) -> None:
    messages = iter(
        [
            {"type": "http.request", "body": b"half of it", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return next(messages)

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/uploads",
        "raw_path": b"/v1/uploads",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {await kz.token()}".encode())],
        "client": ("127.0.0.1", 1),
    }
    await kz.app(scope, receive, send)
    assert _blobs(kz) == []
    assert kz.events("upload.completed") == []
    assert kz.log.errors() == []


async def test_an_upload_that_stands_still_is_dropped(world: object, packs: object) -> None:
    async with Town(world, packs, request_timeout_s=0.05) as town:  # type: ignore[arg-type]
        kz = town["kz/mia"]

        async def stalled() -> object:
            yield b"some"
            await asyncio.sleep(10)

        answer = await kz.post("/v1/uploads", content=stalled())
        assert (answer.status_code, problem(answer)) == (408, "slow-request")
        assert _blobs(kz) == []


async def test_a_slow_upload_may_take_longer_than_one_request(world: object, packs: object) -> None:
    async with Town(world, packs, request_timeout_s=0.2, long_poll_max_s=0) as town:  # type: ignore[arg-type]
        kz = town["kz/mia"]

        async def slow() -> object:
            for _ in range(4):
                await asyncio.sleep(0.08)
                yield b"piece"

        answer = await kz.post("/v1/uploads", content=slow())
        assert (answer.status_code, answer.json()["size"]) == (201, 20)


async def test_an_empty_upload_is_an_empty_attachment(kz: LiveNode) -> None:
    answer = await kz.post("/v1/uploads", content=b"")
    assert (answer.status_code, answer.json()["size"]) == (201, 0)
