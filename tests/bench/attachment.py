"""A 100 MB attachment from the client's disk to the recipient's inbox, and what it costs in memory."""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from gateway.exchange.manifest import decode_manifest
from keys import b64
from keys.signatures import official_sign
from tests.bench.cycle import disk
from tests.bench.figures import note, report
from tests.bench.load import DELIVERED, client_context, fetch_token
from tests.support import drafts
from tests.support.processes import NodeProcess, serving
from tests.support.world import Member, make_world

MEGABYTE = 1_000_000
TIMEOUT_S = 120


class PeakMemory:
    """The largest resident growth of any of the nodes while the block runs, sampled every 10 ms."""

    def __init__(self, nodes: list[NodeProcess]) -> None:
        self._nodes = nodes
        self._idle = [node.rss_bytes() for node in nodes]
        self._done = threading.Event()
        self.growth_bytes = 0

    def __enter__(self) -> "PeakMemory":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.01):
            now = [node.rss_bytes() for node in self._nodes]
            grown = max(after - idle for after, idle in zip(now, self._idle, strict=True))
            self.growth_bytes = max(self.growth_bytes, grown)


def run(*, quick: bool) -> None:
    """`attachment_100mb` and `attachment_100mb_rss_mb`."""
    rounds = 1 if quick else 3
    with tempfile.TemporaryDirectory(dir=disk()) as folder:
        world = make_world(Path(folder))
        sender = world["kz/mia"]
        with serving(sender, world["ru/mia"]) as nodes:
            _send(sender, 1)
            speeds, growths = [], []
            for _ in range(rounds):
                with PeakMemory(nodes) as memory:
                    started = time.perf_counter()
                    _send(sender, 100)
                    speeds.append(100 / (time.perf_counter() - started))
                growths.append(memory.growth_bytes / MEGABYTE)
                note(f"attachment: {speeds[-1]:.0f} MB/s, {growths[-1]:.0f} MB more")
    report("attachment_100mb", statistics.median(speeds), "MB/s")
    report("attachment_100mb_rss_mb", statistics.median(growths), "MB")


def _chunks(megabytes: int) -> Iterator[bytes]:
    chunk = bytes(range(256)) * (MEGABYTE // 256) + bytes(MEGABYTE % 256)
    for _ in range(megabytes):
        yield chunk


def _send(member: Member, megabytes: int) -> None:
    with httpx.Client(
        base_url=member.api_url, verify=client_context(member), trust_env=False, timeout=TIMEOUT_S
    ) as client:
        client.headers["authorization"] = f"Bearer {fetch_token(member)}"
        upload = client.post(
            "/v1/uploads",
            content=_chunks(megabytes),
            headers={"content-type": "application/octet-stream"},
        )
        upload.raise_for_status()
        prepared = client.post("/v1/messages:prepare", json=_draft(str(upload.json()["upload"])))
        prepared.raise_for_status()
        _submit(client, member, prepared.json())


def _draft(upload: str) -> dict[str, object]:
    lawful = drafts.request()
    return {
        "kind": "request",
        "agreement": lawful.agreement,
        "recipients": lawful.recipients,
        "body": {"elements": drafts.ELEMENTS},
        "language": "ru",
        "subject": lawful.subject,
        "form": lawful.form,
        "purpose": lawful.purpose,
        "signatory": {"name": drafts.SIGNATORY.name, "office": drafts.SIGNATORY.office},
        "attachments": [
            {
                "upload": upload,
                "media_type": "application/octet-stream",
                "name": "annex.bin",
                "language": "zxx",
            }
        ],
    }


def _submit(client: httpx.Client, member: Member, prepared: dict[str, str]) -> None:
    manifest = b64.decode(prepared["manifest"])
    answer = client.post(
        "/v1/messages",
        json={
            "manifest": prepared["manifest"],
            "body": prepared["body"],
            "official_signature": official_sign(member.head, manifest),
            "uploads": prepared["uploads"],
        },
        headers={"idempotency-key": decode_manifest(manifest).id, "prefer": "wait=30"},
    )
    answer.raise_for_status()
    state = answer.json()["state"]
    if state not in DELIVERED:
        raise RuntimeError(f"the attachment was not delivered: {answer.text[:400]}")
