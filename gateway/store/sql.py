"""The store on a database: `gateway.ports.store.Store`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Self

import msgspec
from sqlalchemy import ColumnElement, Dialect, bindparam, delete, literal_column, select

from gateway.ports.rows import EvidenceRow
from gateway.ports.store import Change, Committed, Entry, Sequencer, VaultCase, VaultKeys
from gateway.store.clock_reads import ClockReads
from gateway.store.clock_tables import webhook
from gateway.store.database import Database, Session, Source
from gateway.store.log_reads import LogReads
from gateway.store.log_tables import audit_leaf, audit_outbox
from gateway.store.log_writes import LogWrites, Placed
from gateway.store.reads import MessageReads
from gateway.store.record_reads import RecordReads
from gateway.store.statements import Query, at_most, number, render
from gateway.store.tables import assertion, case_file, envelope
from gateway.store.vault import Key, KeyVault
from gateway.store.waiting_reads import WaitingReads
from gateway.store.writes import Writes

# One call of `prune` takes at most this many outbox rows, so that the loop is not held up for long.
PRUNED_AT_ONCE = 4096
SETTLED_KEPT_MS = 86_400_000


class Reads(MessageReads, WaitingReads, RecordReads, ClockReads, LogReads):
    """Everything that can be read, from one source."""

    def __init__(self, source: Source) -> None:
        MessageReads.__init__(self, source)
        WaitingReads.__init__(self, source)
        RecordReads.__init__(self, source)
        ClockReads.__init__(self, source)
        LogReads.__init__(self, source)


class ReadOnlyStore(Reads):
    """The state of one moment, beside a node that may be running; an `audit.ports.LogStore` among others."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._source = source

    def close(self) -> None:
        """Let go of the moment."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _no_head(_committed: Committed) -> None:
    """There is no head store to advance."""


class SqlGroup:
    """A group whose statements are done: `gateway.ports.store.Group`."""

    def __init__(
        self, open_: ExitStack, session: Session, durable: Callable[[], None], committed: Committed
    ) -> None:
        self._open = open_
        self._session = session
        self._durable = durable
        self._committed = committed

    def finish(self, advance: Callable[[Committed], None] = _no_head) -> Committed:
        """See `gateway.ports.store.Group.finish`."""
        follow = self._session.committed

        def committed() -> None:
            follow()
            advance(self._committed)

        self._session.committed = committed
        with self._open:
            self._durable()
        return self._committed


class SqlStore(Reads):
    """A database and its vault, as `gateway.ports.store.Store`."""

    def __init__(self, database: Database, vault: KeyVault) -> None:
        super().__init__(database)
        self._database = database
        self._vault = vault
        self._writes = Writes(database.dialect)
        self._log = LogWrites(database.dialect)
        self._prune_outbox, self._prune_assertions = _pruning(database.dialect)
        self._prune_webhooks = _pruning_webhooks(database.dialect)
        one: ColumnElement[int] = literal_column("1")
        self._has_envelope = Query(
            database, select(one).where(envelope.c.envelope_id == bindparam("id")), "id"
        )
        self._has_case = Query(
            database,
            select(one).where(
                case_file.c.case_id == bindparam("id"), case_file.c.counterpart == bindparam("counterpart")
            ),
            "id",
            "counterpart",
        )
        self._look_for_leftovers = True

    def begin(self, changes: Sequence[Change], sequencer: Sequencer) -> "SqlGroup":
        """See `gateway.ports.store.Store.begin`. Raises also `ValueError` for a change that logs nothing."""
        entries = [entry for change in changes for entry in change.entries]
        if not changes or not all(change.entries for change in changes):
            raise ValueError("nothing is written without an audit entry that tells of it")
        keys = [key for change in changes for key in change.keys]
        with ExitStack() as stack:
            # The vault's disk and the database's statements work side by side; the keys are durable first.
            durable = stack.enter_context(self._vault.putting(keys, self._in_use))
            session = stack.enter_context(self._database.transaction())
            self._writes.apply(session, (write for change in changes for write in change.writes))
            leftovers = self._log.leftovers(session) if self._look_for_leftovers else []
            placed = self._log.append(session, leftovers, entries, sequencer)
            self._writes.apply(session, _given(entries, placed.bundles))
            committed = Committed(placed.checkpoint, placed.size, _by_change(changes, placed.bundles))
            session.committed = partial(self._settled, placed, seen_leftovers=bool(leftovers))
            return SqlGroup(stack.pop_all(), session, durable, committed)

    @property
    def shared(self) -> bool:
        """See `gateway.ports.store.Store.shared`."""
        return self._database.shared

    def commit(self, changes: Sequence[Change], sequencer: Sequencer) -> Committed:
        """`begin` and `finish` in one."""
        return self.begin(changes, sequencer).finish()

    def _settled(self, placed: Placed, *, seen_leftovers: bool) -> None:
        self._log.committed(placed)
        # Where nobody else writes, only what lay there when the store was opened can be left over.
        self._look_for_leftovers = self._database.shared or seen_leftovers

    def _in_use(self, key: Key) -> bool:
        if isinstance(key, VaultKeys):
            return bool(self._has_envelope(key.envelope_id))
        return bool(self._has_case(*key.case_id.partition(" ")[::2]))

    def vault_case(self, case_id: str) -> VaultCase | None:
        """The case's wrapped key."""
        return self._vault.case(case_id)

    def vault_keys(self, envelope_id: str) -> VaultKeys | None:
        """The envelope's wrapped part keys."""
        return self._vault.keys(envelope_id)

    def prune(self, now_ms: int) -> int:
        """See `gateway.ports.store.Store.prune`. Takes a limited bite; call again until it returns 0."""
        with self._database.transaction() as session:
            gone = session.many("audit_outbox", self._prune_outbox, [()])
            gone += session.many("webhook", self._prune_webhooks, [(now_ms - SETTLED_KEPT_MS,)])
            return gone + session.many("assertion", self._prune_assertions, [(now_ms,)])

    def close(self) -> None:
        """Close the database and the vault."""
        self._database.close()
        self._vault.close()


def _given(entries: Sequence[Entry], bundles: Sequence[bytes]) -> Iterator[EvidenceRow]:
    """The evidence rows of the entries, complete."""
    rows = (entry.evidence for entry in entries if entry.evidence is not None)
    for row, bundle in zip(rows, bundles, strict=True):
        yield msgspec.structs.replace(row, bundle=bundle)


def _by_change(changes: Sequence[Change], bundles: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    rest = iter(bundles)
    return [
        tuple(islice(rest, sum(entry.evidence is not None for entry in change.entries))) for change in changes
    ]


def _pruning(dialect: Dialect) -> tuple[str, str]:
    """Statements that drop sequenced outbox rows, and assertions that have expired."""
    sequenced = select(audit_leaf.c.seq).where(audit_leaf.c.outbox_id == audit_outbox.c.id).exists()
    served = at_most(select(audit_outbox.c.id).where(sequenced).order_by(audit_outbox.c.id), PRUNED_AT_ONCE)
    outbox, _ = render(delete(audit_outbox).where(audit_outbox.c.id.in_(served)), dialect)
    expired, _ = render(delete(assertion).where(assertion.c.expires_ms <= number("now")), dialect)
    return outbox, expired


def _pruning_webhooks(dialect: Dialect) -> str:
    """A statement that drops webhooks whose fate has been in the log for a day."""
    settled = webhook.c.state.in_([literal_column("'delivered'"), literal_column("'failed'")])
    statement = delete(webhook).where(settled, webhook.c.updated_ms <= number("before"))
    return render(statement, dialect)[0]
