"""The store: the one place of durable state. A change and its audit entries commit together or not at all."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from gateway.ports.clock_rows import ClockRow, NoticeItem, WebhookRow, WithdrawalRow
from gateway.ports.rows import (
    ActivationRow,
    CaseEventRow,
    CaseRow,
    EnvelopeRow,
    EvidenceRow,
    IdempotencyRow,
    MessageRow,
    PartRow,
    PeerRow,
    UploadRow,
    Write,
)


class Entry(msgspec.Struct, frozen=True):
    """One audit entry: the leaf's bytes, and the evidence row that its proof completes, if it is evidence.

    `about` is the message, case or envelope id under which the entry can be found again; it is an index
    of the store, not part of the log.
    """

    leaf: bytes
    about: str = ""
    evidence: EvidenceRow | None = None


class VaultKeys(msgspec.Struct, frozen=True):
    """Wrapped part keys of one envelope (40 bytes each, in order of parts), under their case's key.

    A case has one key per counterpart, named by `vault_id`: cases of two counterparts never meet, whatever
    ids they chose.
    """

    envelope_id: str
    case_id: str
    wrapped: bytes


class VaultCase(msgspec.Struct, frozen=True):
    """A case's key, wrapped by the node's master key (40 bytes)."""

    case_id: str
    wrapped: bytes


def vault_id(case_id: str, counterpart: str) -> str:
    """The vault's name for the key of a case with one counterpart."""
    return f"{case_id} {counterpart}"


class Change(msgspec.Struct, frozen=True):
    """Everything one step does: rows, keys and the audit entries that tell of it (never none)."""

    writes: tuple[Write, ...]
    entries: tuple[Entry, ...]
    keys: tuple[VaultKeys | VaultCase, ...] = ()


class Sequenced(msgspec.Struct, frozen=True):
    """A group's place in the log.

    `nodes` are completed tile nodes (level, index, hash), `bundles` the tlog-proof of each entry asked
    for, keyed by its position in the group.
    """

    first: int
    size: int
    hashes: list[bytes]
    nodes: list[tuple[int, int, bytes]]
    frontier: bytes
    checkpoint: bytes
    bundles: dict[int, bytes]


class Sequencer(Protocol):
    """Gives a group its place: hashes, tree, signed checkpoint, proofs. Pure but for the signing key."""

    def sequence(self, frontier: bytes | None, leaves: Sequence[bytes], proofs: Sequence[int]) -> Sequenced:
        """Extend the log.

        Args:
            frontier: packed frontier stored with the last checkpoint; None for an empty log.
            leaves: the group's leaves, in order.
            proofs: positions in `leaves` whose proof bundle is wanted.
        """


class Committed(msgspec.Struct, frozen=True):
    """A durable group: its checkpoint and, per change, the bundles of its evidence in order."""

    checkpoint: bytes
    size: int
    bundles: list[tuple[bytes, ...]]


class PendingEnvelope(msgspec.Struct, frozen=True):
    """An outgoing envelope that is due, with what the peer must be sent."""

    envelope: EnvelopeRow
    manifest_digest: str
    parts: tuple[PartRow, ...]


class InboxItem(msgspec.Struct, frozen=True):
    """A received message as a list shows it; `cursor` orders the inbox."""

    cursor: int
    message: MessageRow
    envelope: EnvelopeRow


class Group(Protocol):
    """A group of changes whose statements are done and only need to become durable."""

    def finish(self, advance: Callable[[Committed], None]) -> Committed:
        """Commit; to be called exactly once, from any thread.

        Args:
            advance: called once the group is durable, before any reader may see it; what it raises comes out.

        Raises:
            StoreUnavailable: nothing was written.
        """


class Store(Protocol):
    """Durable state. Reads see only what is committed, so only what a checkpoint covers."""

    @property
    def shared(self) -> bool:
        """Whether other processes may write too, and readers are not kept out while a group is committed."""

    def begin(self, changes: Sequence[Change], sequencer: Sequencer) -> Group:
        """Write a group of changes, their audit entries, leaves and checkpoint in one transaction, up to its
        commit. Until that is done, nothing else is written and reads wait.

        Order inside: vault keys (their own store, durable first; an orphan is harmless), rows, shifts,
        audit_outbox, leaves, nodes, checkpoint, evidence with its bundles.

        Raises:
            Conflict: a unique row exists or a `Shift` found nothing to move; nothing was written.
            StoreUnavailable: anything else that kept the group from committing; nothing was written.
        """

    def messages(self, direction: str, authority: str, ids: Sequence[str]) -> list[MessageRow]:
        """The messages of that sealing authority among `ids`."""

    def message(self, direction: str, message_id: str) -> MessageRow | None: ...

    def messages_page(self, client: str | None, after: int, limit: int) -> list[tuple[int, MessageRow]]:
        """Messages sent from here, oldest first, each with its cursor; those of one client if given."""

    def envelopes(self, direction: str, authority: str, message_id: str) -> list[EnvelopeRow]: ...

    def parts(self, envelope_id: str) -> list[PartRow]: ...

    def blobs_in_use(self, names: Sequence[str]) -> set[str]:
        """Those of `names` that a stored part names."""

    def waiting_peers(self) -> list[str]:
        """The peers for whom an envelope is queued or evidence of ours is not pushed yet, sorted."""

    def queued_envelopes(self, peer: str, limit: int) -> list[PendingEnvelope]:
        """Outgoing envelopes in state `queued` for one peer, in the order they were written."""

    def unpushed_evidence(self, peer: str, limit: int) -> list[EvidenceRow]:
        """Evidence of ours that this peer does not have yet, in the order it was given."""

    def evidence(self, authority: str, message_id: str, manifest_digest: str) -> list[EvidenceRow]:
        """All evidence about one message, in order of time."""

    def evidenced(self, authority: str, ids: Sequence[str]) -> set[str]:
        """Those of `ids` about which there is any evidence; the messages are that authority's."""

    def inbox(self, after: int, limit: int) -> list[InboxItem]: ...

    def inbox_item(self, envelope_id: str) -> InboxItem | None: ...

    def case(self, case_id: str, counterpart: str) -> CaseRow | None: ...

    def cases(self, case_id: str) -> list[CaseRow]:
        """The case with each of its counterparts, by counterpart."""

    def cases_under(self, agreement: str) -> list[CaseRow]:
        """Every case under an agreement; reads them all, for what happens once in its life."""

    def case_events(self, case_id: str, counterpart: str) -> list[CaseEventRow]:
        """What happened in a case with one counterpart, by version."""

    def idempotency(self, client: str, key: str) -> IdempotencyRow | None: ...

    def disclosed(self, client: str, envelope_id: str) -> bool: ...

    def upload(self, client: str, upload_id: str) -> UploadRow | None: ...

    def activations(self) -> list[ActivationRow]: ...

    def withdrawals(self) -> list[WithdrawalRow]:
        """Every admin's statement of a notice of leaving, in order of time."""

    def clocks(self, case_id: str, counterpart: str) -> list[ClockRow]:
        """The clocks of a case with one counterpart, or of an agreement itself (`NO_CASE` and its id): every
        run, by name and run."""

    def clocks_about(self, message_id: str, counterpart: str) -> list[ClockRow]:
        """`clocks` of the case that a message of ours belongs to.

        For an amendment notice also those of its agreement outside of any case.
        """

    def due_clocks(self, now_ms: int, limit: int) -> list[ClockRow]:
        """The clocks that are to be looked at by an instant, the earliest first."""

    def next_wake_ms(self) -> int | None:
        """When the next clock is to be looked at; None if none is."""

    def notices(self, after: int, limit: int) -> list[NoticeItem]:
        """Notices that nobody has acknowledged, beyond cursor `after`, oldest first."""

    def notice(self, notice_id: str) -> NoticeItem | None: ...

    def hooked_clients(self) -> list[str]:
        """The clients for whom a webhook waits, sorted."""

    def waiting_webhooks(self, client: str, limit: int) -> list[WebhookRow]:
        """Webhooks that wait for one client, oldest first."""

    def peers(self) -> list[PeerRow]: ...

    def vault_case(self, case_id: str) -> VaultCase | None: ...

    def vault_keys(self, envelope_id: str) -> VaultKeys | None: ...

    def frontier(self) -> bytes | None:
        """Packed frontier of the log as last committed."""

    def last_checkpoint(self) -> bytes | None: ...

    def leaf_index(self, needle: str) -> list[int]:
        """Indexes of the audit entries about a message id or case id, in order (`kelisim audit proof ID`)."""

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """`audit.ports.LogStore.hashes`."""

    def leaves(self, start: int, count: int) -> Iterable[bytes]:
        """`audit.ports.LogStore.leaves`."""

    def checkpoints(self, after_size: int) -> Iterable[bytes]:
        """`audit.ports.LogStore.checkpoints`."""

    def prune(self, now_ms: int) -> int:
        """Drop what has served: sequenced outbox rows, expired assertions. Returns how many rows went."""

    def close(self) -> None: ...
