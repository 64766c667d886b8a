"""The load: signed submissions over keep-alive TLS, each answered once its evidence is committed."""

import asyncio
import json
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from gateway.bootstrap.system import SystemEntropy
from gateway.exchange.body import Body, encode_body
from gateway.exchange.manifest import (
    BODY_MEDIA_TYPE,
    Manifest,
    Part,
    PartLanguage,
    encode_manifest,
    part_digest,
)
from keys import b64, instants
from keys.signatures import official_sign
from keys.tokens import make_client_assertion
from policies.loading import load_packs
from tests.support import drafts
from tests.support.world import CLIENT, Member

VALID_MS = 3_600_000
DELIVERED = ("consigned", "handed_over")


@dataclass(frozen=True)
class Ready:
    """A submission as bytes of one HTTP request."""

    request: bytes


@dataclass(frozen=True)
class Measured:
    """One run: messages per second and the latency of each message."""

    per_second: float
    latencies_ms: list[float]


def client_context(member: Member) -> ssl.SSLContext:
    """TLS 1.3 to a member's API, trusting its own certificate authority only."""
    context = ssl.create_default_context(cafile=str(member.folder / "tls" / "ca.crt"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def fetch_token(member: Member) -> str:
    """An access token, as any agency system gets it."""
    now = int(time.time() * 1000)
    jti = SystemEntropy().uuid7(now)
    assertion = make_client_assertion(member.client, CLIENT, member.api_url, now, jti, lifetime_s=60)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    with httpx.Client(verify=client_context(member), trust_env=False) as client:
        answer = client.post(
            f"{member.api_url}/v1/token",
            content=urlencode(form),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def padded_body(size: int) -> bytes:
    """A request's body whose canonical form has about `size` bytes."""
    text = drafts.ELEMENTS["circumstances"]
    empty = len(encode_body(Body(elements={**drafts.ELEMENTS, "circumstances": ""})))
    need = max(1, size - empty)
    filler = (text + " ").encode()
    repeated = (filler * (need // len(filler) + 1))[:need].decode(errors="ignore")
    return encode_body(Body(elements={**drafts.ELEMENTS, "circumstances": repeated.strip() or "-"}))


def make_ready(member: Member, token: str, count: int, body: bytes) -> list[Ready]:
    """Submissions signed by the head, outside the node and before the clock starts."""
    entropy = SystemEntropy()
    now = int(time.time() * 1000)
    pack = load_packs().pack(drafts.request().agreement)
    named = f"{pack.id}@{pack.version}"
    return [_ready(member, token, entropy, now, body, named) for _ in range(count)]


def _ready(member: Member, token: str, entropy: SystemEntropy, now: int, body: bytes, pack: str) -> Ready:
    salted = entropy.random_bytes(16) + body
    draft = drafts.request()
    manifest = Manifest(
        v=1,
        suite=1,
        id=entropy.uuid7(now),
        kind="request",
        case=entropy.uuid7(now),
        in_reply_to=None,
        agreement=draft.agreement,
        pack=pack,
        originator=member.authority,
        sender=member.authority,
        recipients=draft.recipients,
        created=instants.write(now),
        expires=instants.write(now + VALID_MS),
        subject=draft.subject,
        subject_reason=None,
        form=draft.form,
        purpose=draft.purpose,
        level=draft.level,
        marking=None,
        caveats=[],
        languages=[PartLanguage(1, "ru", None)],
        personal_data=None,
        parts=[Part(1, BODY_MEDIA_TYPE, len(body), "body", None, part_digest(salted))],
        sources=[],
        consents=[],
        signatory=draft.signatory,
    )
    data = encode_manifest(manifest)
    content = json.dumps(
        {
            "manifest": b64.encode(data),
            "body": b64.encode(salted),
            "official_signature": official_sign(member.head, data),
            "uploads": {},
        }
    ).encode()
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {manifest.id}\r\nPrefer: wait=20\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return Ready(head.encode() + content)


async def run_load(member: Member, ready: list[Ready], clients: int) -> Measured:
    """Send everything over `clients` connections; every message must be delivered.

    Raises:
        RuntimeError: some answer is not a delivery.
    """
    context = client_context(member)
    waiting = iter(ready)
    latencies: list[float] = []
    lines = [await _connect(member, context) for _ in range(clients)]

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for submission in waiting:
            started = time.perf_counter()
            writer.write(submission.request)
            await _delivered(reader)
            latencies.append((time.perf_counter() - started) * 1000)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one(*line) for line in lines))
    spent = time.perf_counter() - started
    return Measured(len(ready) / spent, latencies)


async def _connect(
    member: Member, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", member.api_port, ssl=context)


async def _delivered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    answer = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 20") or not any(
        f'"state":"{state}"'.encode() in answer for state in DELIVERED
    ):
        raise RuntimeError(f"not delivered: {head[:60]!r} {answer[:400]!r}")
