"""A peer that holds valid keys and follows no rule: manifests, envelopes, frames and logs made by hand."""

import asyncio
import hashlib
import os
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from audit.bundle import ProofBundle, evidence_leaf, format_bundle, parse_bundle
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.events import Event, LeafRecord, decode_leaf, encode_leaf
from audit.tree import leaf_hash
from gateway.bootstrap.building import Built, build_node
from gateway.bootstrap.founding import LOG, SEAL
from gateway.bootstrap.system import SystemClock, SystemEntropy
from gateway.exchange.body import Body, encode_body
from gateway.exchange.frames import (
    DeliverAnswer,
    DeliverRequest,
    DeliverResult,
    EnvelopeFrame,
    Link,
    LogView,
    pack,
    unpack,
)
from gateway.exchange.ingress import on_deliver
from gateway.exchange.manifest import (
    BODY_MEDIA_TYPE,
    Manifest,
    Part,
    PartLanguage,
    encode_manifest,
    part_digest,
)
from gateway.exchange.trustupdate import import_list
from keys import instants
from keys.custody import FileCustody
from keys.encryption import EncryptionPublicKey
from keys.envelope import begin_seal, seal_part
from keys.notes import NoteSigner
from keys.signature_block import encode_part0
from keys.signatures import official_sign, seal_sign
from keys.trust_file import AuthorityEntry
from policies.packset import PackSet
from tests.support import drafts
from tests.support.world import Member, World, changed

HOUR_MS = 3_600_000
ABSENT = "absent"
T = TypeVar("T")


class SetClock:
    """Stands where it is put."""

    def __init__(self, now_ms: int) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class Heard:
    """A logger that keeps the events it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def note(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    info = warning = error = note

    def alerts(self) -> list[str]:
        return [event for event, fields in self.lines if fields.get("alert")]


class Victim:
    """A real node whose peers are played by the test."""

    def __init__(
        self, world: World, authority: str, packs: PackSet, *, beside: Executor | None = None
    ) -> None:
        self.world = world
        self._beside = beside
        self.member = world[authority]
        self.clock = SetClock(SystemClock().now_ms())
        self.heard = Heard()
        self._packs = packs
        self.built: Built = self._build()
        self._open = True

    def _build(self) -> Built:
        return build_node(
            self.member.folder, log=self.heard, clock=self.clock, packs=self._packs, beside=self._beside
        )

    @property
    def node(self) -> Any:
        return self.built.node

    def restart(self) -> None:
        """Close what is open, and build the node anew on its folder."""
        self.close()
        self.built = self._build()
        self._open = True

    def close(self) -> None:
        """Close the node; doing it twice is harmless."""
        if self._open:
            self._open = False
            self.built.close()

    def leaves(self) -> list[LeafRecord]:
        """The whole log."""
        return [decode_leaf(leaf) for leaf in self.node.store.leaves(0, 1 << 20)]

    def logged(self, event: Event) -> list[LeafRecord]:
        return [leaf for leaf in self.leaves() if leaf.event == event]

    def bytes_at_rest(self) -> bytes:
        """Every byte of database, write-ahead log, vault, head and blobs."""
        folders = ("data", "vault", "head", "blobs")
        files = [p for name in folders for p in sorted((self.member.folder / name).rglob("*")) if p.is_file()]
        return b"\x00".join(path.read_bytes() for path in files)

    async def relist(self, authority: str, **changes: object) -> None:
        """Publish a party's list with an authority's entry changed, and take it over here."""
        member = self.world[authority]
        assert member.entry is not None
        member.entry = changed(member.entry, **changes)
        data = self.world.sign(member.party, self.clock.now)
        await import_list(
            self.node, member.party, data, self.world.trust_keys[member.party].public, lambda *_: None
        )


@dataclass
class HandLog:
    """A log whose owner writes, forks and forgets as it likes; trees are recomputed by definition."""

    signer: NoteSigner
    leaves: list[bytes] = field(default_factory=list)

    def grow(self, count: int, salt: bytes = b"") -> "HandLog":
        self.leaves += [salt + b"leaf %d" % index for index in range(count)]
        return self

    def fork(self, at: int, count: int) -> "HandLog":
        """Another log that has only the first `at` leaves in common."""
        return HandLog(self.signer, self.leaves[:at]).grow(count, b"other ")

    def hashes(self, size: int | None = None) -> list[bytes]:
        return [leaf_hash(leaf) for leaf in self.leaves[:size]]

    def note(self, size: int | None = None) -> bytes:
        held = self.hashes(size)
        return sign_checkpoint(Checkpoint(self.signer.name, len(held), _root(held), ()), [self.signer])

    def link(self, size: int) -> Link:
        return Link(size, list(_consistency(size, self.hashes())))

    def view(self, *linked: int, seen: Sequence[int] = ()) -> LogView:
        return LogView(self.note(), [self.link(size) for size in linked], list(seen))

    def evidence(self, event: Event, at_ms: int, **fields: Any) -> bytes:
        """Append a leaf and prove it under the head of then."""
        leaf = encode_leaf(os.urandom(16), event, at_ms, fields)
        self.leaves.append(leaf)
        index = len(self.leaves) - 1
        return format_bundle(ProofBundle(leaf, index, tuple(_path(index, self.hashes())), self.note()))


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _root(hashes: list[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    k = _split(len(hashes))
    return hashlib.sha256(b"\x01" + _root(hashes[:k]) + _root(hashes[k:])).digest()


def _path(index: int, hashes: list[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    k = _split(len(hashes))
    if index < k:
        return [*_path(index, hashes[:k]), _root(hashes[k:])]
    return [*_path(index - k, hashes[k:]), _root(hashes[:k])]


def _consistency(old: int, hashes: list[bytes], *, whole: bool = True) -> list[bytes]:
    if old == len(hashes):
        return [] if whole else [_root(hashes)]
    k = _split(len(hashes))
    if old <= k:
        return [*_consistency(old, hashes[:k], whole=whole), _root(hashes[k:])]
    return [*_consistency(old - k, hashes[k:], whole=False), _root(hashes[:k])]


class Hostile:
    """One peer of the victim, with all of its authority's keys in hand."""

    def __init__(self, victim: Victim, member: Member) -> None:
        self.victim = victim
        self.member = member
        custody = FileCustody.with_key_file(member.folder / "keys", member.folder / "secrets" / "master.key")
        self.seal_key: Any = custody.signing_key(SEAL)
        assert member.entry is not None
        self.log = HandLog(NoteSigner(member.entry.checkpoint.origin, custody.signing_key(LOG)))
        self._entropy = SystemEntropy()

    @property
    def entry(self) -> AuthorityEntry:
        assert self.member.entry is not None
        return self.member.entry

    def new_id(self) -> str:
        return self._entropy.uuid7(self.victim.clock.now)

    def manifest(self, body: bytes, attachments: Sequence[bytes] = (), /, **changes: Any) -> Manifest:
        """A lawful request for salted parts, with changes."""
        draft, now = drafts.request(), self.victim.clock.now
        salted = [body, *attachments]
        fields: dict[str, Any] = {
            "v": 1,
            "suite": 1,
            "id": self.new_id(),
            "kind": "request",
            "case": self.new_id(),
            "in_reply_to": None,
            "agreement": draft.agreement,
            "pack": self.victim.node.agreements.reference(draft.agreement),
            "originator": self.member.authority,
            "sender": self.member.authority,
            "recipients": [self.victim.member.authority],
            "created": instants.write(now),
            "expires": instants.write(now + HOUR_MS),
            "subject": draft.subject,
            "subject_reason": None,
            "form": draft.form,
            "purpose": draft.purpose,
            "level": draft.level,
            "marking": None,
            "caveats": [],
            "languages": [PartLanguage(position, "ru", None) for position in range(1, len(salted) + 1)],
            "personal_data": None,
            "parts": [_part(position, data) for position, data in enumerate(salted, start=1)],
            "sources": [],
            "consents": [],
            "signatory": draft.signatory,
        }
        return Manifest(**(fields | changes))

    def envelope(
        self,
        manifest: Manifest | bytes,
        parts: Sequence[bytes],
        *,
        official: str | None = ABSENT,
        seal_key: Any = None,
        seal: str | None = None,
        recipient: str | None = None,
        key: EncryptionPublicKey | None = None,
        envelope_id: str | None = None,
    ) -> EnvelopeFrame:
        """Sign and seal whatever is given.

        Args:
            manifest: a manifest, or any bytes in its place.
            parts: parts 1 and up, with their salts.
            official: the official's signature, None for none; by default the head signs.
            seal_key: instead of this authority's own.
            seal: instead of a seal over this manifest and signature.
            recipient, key: whom and with which key the envelope is wrapped for; by default the victim.
        """
        data = manifest if isinstance(manifest, bytes) else encode_manifest(manifest)
        signed = official_sign(self.member.head, data) if official == ABSENT else official
        block = encode_part0(data, signed, seal or seal_sign(seal_key or self.seal_key, data, signed))
        return self.wrapped(block, parts, recipient=recipient, key=key, envelope_id=envelope_id)

    def wrapped(
        self,
        block: bytes,
        parts: Sequence[bytes],
        *,
        recipient: str | None = None,
        key: EncryptionPublicKey | None = None,
        envelope_id: str | None = None,
    ) -> EnvelopeFrame:
        """An envelope around any bytes as part 0."""
        name = recipient or self.victim.member.authority
        trust = self.victim.node.trust.current
        to = key or trust.encryption_key(name, self.victim.clock.now)
        every = [block, *parts]
        sealed = begin_seal(name, to, envelope_id or self.new_id(), [len(p) for p in every], os.urandom)
        return EnvelopeFrame(
            sealed.header, sealed.wrap, [seal_part(sealed, index, part) for index, part in enumerate(every)]
        )

    def request(self, text: str = "", **changes: Any) -> EnvelopeFrame:
        """A lawful request in an envelope, with changes to its manifest."""
        body = salted_body(text)
        return self.envelope(self.manifest(body, **changes), [body])

    async def deliver(self, *frames: EnvelopeFrame, view: LogView | None = None) -> list[DeliverResult]:
        """Send envelopes in one frame; the results."""
        return (await self.ask(*frames, view=view)).results

    async def ask(self, *frames: EnvelopeFrame, view: LogView | None = None) -> DeliverAnswer:
        """Send envelopes in one frame; the whole answer."""
        request = DeliverRequest(
            1,
            self.member.authority,
            self.victim.member.authority,
            view or LogView(b"", [], []),
            list(frames),
        )
        return unpack(DeliverAnswer, await self.send(pack(request)))

    async def send(self, frame: bytes) -> bytes:
        """Send any bytes as a delivery over this peer's authenticated connection."""
        return await on_deliver(self.victim.node, (self.member.authority,), frame)


def salted_body(text: str = "", body: Body | None = None) -> bytes:
    """16 salt bytes and a lawful request's body, with `text` in its circumstances."""
    elements: Mapping[str, str] = drafts.ELEMENTS | ({"circumstances": text} if text else {})
    return os.urandom(16) + encode_body(body or Body(elements=dict(elements)))


def _part(position: int, salted: bytes) -> Part:
    first = position == 1
    return Part(
        position,
        BODY_MEDIA_TYPE if first else "application/pdf",
        len(salted) - 16,
        "body" if first else "attachment",
        None if first else f"{position}.pdf",
        part_digest(salted),
    )


def remade(manifest: Manifest, **changes: Any) -> Manifest:
    """The same manifest with changes."""
    return msgspec.structs.replace(manifest, **changes)


def leaf_of(bundle: bytes) -> LeafRecord:
    """What a piece of evidence says, unverified."""
    return decode_leaf(evidence_leaf(parse_bundle(bundle)))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one test's story."""
    return asyncio.run(work)
