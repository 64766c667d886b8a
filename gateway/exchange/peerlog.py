"""The peers' logs as seen from here. A log that contradicts itself freezes its peer (design 3 and 6).

There are two flows with every peer: `out`, where we ask and it answers, and `in`, where it asks. Each is
serial, so in each the peer's head only grows. Heads learnt in the other flow cross them in time: they are
named in `seen` as well, and linked by the next view; until then both are kept, and equal sizes must agree.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from audit.bundle import Evidence, open_evidence
from audit.checkpoint import Checkpoint, CheckpointReader, parse_checkpoint
from audit.errors import AuditError
from audit.note import parse_note
from audit.proofs import prove_consistency, verify_consistency
from gateway.errors import EnvelopeRejected, PeerFrozen
from gateway.exchange.frames import Link, LogView
from gateway.exchange.sequencing import LogSequencer
from gateway.ports.rows import PeerRow, PeerSeen
from gateway.ports.store import Store
from keys.errors import KeysError
from keys.notes import NoteVerifier

Flow: TypeAlias = Literal["out", "in"]
_OTHER: dict[Flow, Flow] = {"out": "in", "in": "out"}
MAX_LINKS = 64


class LogContradiction(EnvelopeRejected):
    """A peer signed two logs that cannot be one. `offered` is the head that does not fit."""

    def __init__(self, reason: str, offered: Checkpoint | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offered = offered


class Unplaced(EnvelopeRejected):
    """A head that may be honest but comes without its link; the peer is told what we have seen."""


@dataclass(slots=True)
class PeerLog:
    """One peer's log: the last proven head of each flow, and which heads each side named in it.

    `asked` are the heads of the peer that we named last; its next view in that flow must link all of them.
    `named` are the sizes of our own log that the peer named.
    """

    origin: str
    reader: CheckpointReader
    asked: dict[Flow, tuple[Checkpoint, ...]] = field(default_factory=lambda: {"out": (), "in": ()})
    heads: dict[Flow, Checkpoint] = field(default_factory=dict)
    notes: dict[Flow, bytes] = field(default_factory=dict)
    named: dict[Flow, tuple[int, ...]] = field(default_factory=lambda: {"out": (), "in": ()})
    frozen: str | None = None

    @property
    def newest(self) -> tuple[Checkpoint | None, bytes]:
        """The larger of the two flows' heads, with its note."""
        flow = max(self.heads, key=lambda name: self.heads[name].size, default=None)
        return (None, b"") if flow is None else (self.heads[flow], self.notes[flow])


class PeerLogs:
    """All peers' logs by origin, and our own log as we show it to them."""

    def __init__(self, store: Store, sequencer: LogSequencer) -> None:
        self._store = store
        self._sequencer = sequencer
        self._logs: dict[str, PeerLog] = {}

    def load(self, rows: Iterable[PeerRow], verifier: Callable[[str], NoteVerifier | None]) -> None:
        """Take over what is on record; `verifier` finds an origin's checkpoint key in the trust lists."""
        for row in rows:
            key = verifier(row.origin)
            if key is None:
                continue
            known = self._logs.get(row.origin)
            if known is not None:
                known.reader = CheckpointReader([key], row.origin)
                continue
            log = PeerLog(row.origin, CheckpointReader([key], row.origin), frozen=row.frozen)
            if row.checkpoint:
                # It was verified before it was stored; the key that signed it may have been replaced since.
                head = parse_checkpoint(parse_note(row.checkpoint).text)
                log.heads = {"out": head, "in": head}
                log.notes = {"out": row.checkpoint, "in": row.checkpoint}
            self._logs[row.origin] = log

    def of(self, origin: str) -> PeerLog:
        """A peer's log.

        Raises:
            PeerFrozen: the exchange with it is stopped.
            EnvelopeRejected: no such peer is on record.
        """
        log = self._logs.get(origin)
        if log is None:
            raise EnvelopeRejected("a peer whose log is not on record")
        if log.frozen is not None:
            raise PeerFrozen(log.frozen)
        return log

    def known(self) -> list[PeerLog]:
        """Every peer's log, frozen ones too."""
        return list(self._logs.values())

    def view(self, log: PeerLog, flow: Flow) -> LogView:
        """Our log's head, linked to the heads the peer named in this flow."""
        log.asked[flow] = tuple({head.size: head for head in log.heads.values()}.values())
        seen = sorted(head.size for head in log.asked[flow])
        note = self._store.last_checkpoint()
        if note is None:
            return LogView(b"", [], seen)
        return LogView(note, self.links(log.named[flow]), seen)

    def links(self, sizes: Iterable[int]) -> list[Link]:
        """Proofs that earlier heads of our log lie in its current one."""
        head = self._sequencer.head
        current = 0 if head is None else head.size
        older = sorted({size for size in sizes if 0 < size < current})[-MAX_LINKS:]
        return [Link(size, list(prove_consistency(self._store, size, current))) for size in older]

    def take_view(self, log: PeerLog, flow: Flow, view: LogView) -> PeerSeen | None:
        """Verify the head a peer shows and remember it.

        Returns:
            What to store of it; None if nothing is new.

        Raises:
            LogContradiction: it rolled back, forked, or its proof does not hold.
            Unplaced: the link from a head that we named in this flow is missing.
            EnvelopeRejected: the checkpoint is not the peer's.
        """
        ours = self._sequencer.head
        limit = 0 if ours is None else ours.size
        log.named[flow] = tuple(size for size in view.seen if size <= limit)
        if not view.checkpoint:
            if log.heads:
                raise _rolled_back(flow, None)
            return None
        offered = _opened(log, view.checkpoint)
        links = {link.size: link for link in view.links}
        own = log.heads.get(flow)
        for asked in (*log.asked[flow], *(() if own is None else (own,))):
            if offered.size < asked.size:
                raise _rolled_back(flow, offered)
            _require_link(asked, offered, links)
        self._compare_other(log, flow, offered, links)
        newest, _ = log.newest
        log.heads[flow], log.notes[flow] = offered, view.checkpoint
        if newest is not None and offered.size <= newest.size:
            return None
        return PeerSeen(origin=log.origin, size=offered.size, checkpoint=view.checkpoint, frozen=None)

    @staticmethod
    def _compare_other(log: PeerLog, flow: Flow, offered: Checkpoint, links: dict[int, Link]) -> None:
        """The other flow's head, learnt since we named ours: what can be compared must agree."""
        other = log.heads.get(_OTHER[flow])
        if other is not None and (other.size == offered.size or other.size in links):
            _require_link(other, offered, links)

    def open_evidence(self, log: PeerLog, flow: Flow, bundle: bytes, links: dict[int, Link]) -> Evidence:
        """Verify evidence a peer gave, and that it lies in the very log the peer shows.

        Raises:
            EnvelopeRejected: malformed, not in the log, or its head cannot be placed.
            LogContradiction: its head and the one shown cannot both be of one log.
        """
        try:
            evidence = open_evidence(bundle, log.reader)
        except (AuditError, KeysError) as error:
            raise EnvelopeRejected(f"evidence does not verify: {error}") from error
        head = log.heads.get(flow)
        if head is None or evidence.checkpoint.size > head.size:
            raise EnvelopeRejected("evidence is ahead of the log shown")
        _require_link(evidence.checkpoint, head, links)
        return evidence

    def freeze(self, log: PeerLog, reason: str) -> PeerSeen:
        """Stop the exchange with a peer; returns what to store."""
        log.frozen = reason
        head, note = log.newest
        return PeerSeen(
            origin=log.origin, size=0 if head is None else head.size, checkpoint=note, frozen=reason
        )


def bundle_size(bundle: bytes) -> int:
    """Size of the head under which a piece of our own evidence was given."""
    return _note_size(bundle.partition(b"\n\n")[2])


@lru_cache(maxsize=256)
def _note_size(note: bytes) -> int:
    return parse_checkpoint(parse_note(note).text).size


def _opened(log: PeerLog, note: bytes) -> Checkpoint:
    try:
        return log.reader.open(note)
    except (AuditError, KeysError) as error:
        raise EnvelopeRejected(f"the peer's checkpoint is not its own: {error}") from error


def _rolled_back(flow: Flow, offered: Checkpoint | None) -> EnvelopeRejected:
    # An answer follows a request that named the larger head, so a smaller one denies what was signed. A
    # request may simply have been on its way for long.
    if flow == "out":
        return LogContradiction("rolled_back", offered)
    return Unplaced("a request older than the last one")


def _require_link(known: Checkpoint, offered: Checkpoint, links: dict[int, Link]) -> None:
    if known.size == offered.size:
        if known.root != offered.root:
            raise LogContradiction("fork", offered)
        return
    if known.size > offered.size:
        return
    link = links.get(known.size)
    if link is None:
        raise Unplaced("a head without its link to the one we named")
    _verify(known, offered, link.proof)


def _verify(known: Checkpoint, offered: Checkpoint, proof: Sequence[bytes]) -> None:
    try:
        verify_consistency(known.size, offered.size, proof, known.root, offered.root)
    except AuditError as error:
        raise LogContradiction("fork", offered) from error
