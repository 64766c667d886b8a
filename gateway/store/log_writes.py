"""The log's part of a commit: outbox, leaves, nodes and checkpoint (design section 6)."""

from collections.abc import Sequence
from itertools import count

import msgspec
from sqlalchemy import Dialect, delete, insert, select

from gateway.errors import Conflict, GatewayError, StoreUnavailable
from gateway.ports.store import Entry, Sequenced, Sequencer
from gateway.store.database import Found, Session
from gateway.store.log_tables import audit_checkpoint, audit_leaf, audit_node, audit_outbox
from gateway.store.statements import at_most, number, render

# A commit takes at most this many entries that others left in the outbox, so that it stays short.
MAX_LEFTOVERS = 1024


class Placed(msgspec.Struct, frozen=True):
    """The entries of a group in the log: checkpoint, its size, and the bundle of each evidence, in order.

    `outbox_ids` names the outbox rows that have their leaf now.
    """

    checkpoint: bytes
    size: int
    bundles: list[bytes]
    outbox_ids: list[int]


class LogWrites:
    """Appends to the log; statements compiled for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        def insertion(table: str) -> tuple[str, str]:
            target = tables[table]
            return table, render(insert(target).inline(), dialect, target.columns.keys())[0]

        tables = {t.name: t for t in (audit_outbox, audit_leaf, audit_node, audit_checkpoint)}
        self._outbox = insertion("audit_outbox")
        self._leaf = insertion("audit_leaf")
        self._node = insertion("audit_node")
        self._checkpoint = insertion("audit_checkpoint")
        last = select(audit_checkpoint.c.frontier).order_by(audit_checkpoint.c.size.desc())
        self._frontier, _ = render(at_most(last, 1), dialect)
        sequenced = select(audit_leaf.c.seq).where(audit_leaf.c.outbox_id == audit_outbox.c.id).exists()
        unsequenced = select(audit_outbox).where(~sequenced).order_by(audit_outbox.c.id)
        self._unsequenced, _ = render(at_most(unsequenced, MAX_LEFTOVERS), dialect)
        self._drop, _ = render(delete(audit_outbox).where(audit_outbox.c.id == number("id")), dialect)
        self._served: list[int] = []

    def leftovers(self, session: Session) -> Found:
        """Outbox rows without a leaf, oldest first: (id, leaf, about)."""
        return session.rows(self._unsequenced)

    def committed(self, placed: Placed) -> None:
        """The group is durable, so the next one clears its rows from the outbox.

        One group late and group by group: the outbox stays small, and no long sweep holds up the loop.
        """
        self._served = placed.outbox_ids

    def append(
        self, session: Session, leftovers: Found, entries: Sequence[Entry], sequencer: Sequencer
    ) -> Placed:
        """Give the leftovers and then the entries their places; the log is locked by the transaction.

        Raises `StoreUnavailable` for anything that goes wrong, also in the sequencer, unless that raised a
        `GatewayError` of its own.
        """
        try:
            return self._append(session, leftovers, entries, sequencer)
        except Conflict as error:
            raise StoreUnavailable(f"the log refuses to grow: {error.what}") from error

    def _append(
        self, session: Session, leftovers: Found, entries: Sequence[Entry], sequencer: Sequencer
    ) -> Placed:
        own = [(i, e.leaf, e.about) for i, e in zip(session.outbox_ids(len(entries)), entries, strict=True)]
        session.many(*self._outbox, own)
        rows = leftovers + own
        proofs = [len(leftovers) + i for i, entry in enumerate(entries) if entry.evidence is not None]
        frontier = session.rows(self._frontier)
        placed = _sequence(sequencer, frontier[0][0] if frontier else None, [row[1] for row in rows], proofs)
        self._insert(session, rows, placed)
        if self._served:
            session.many("audit_outbox", self._drop, [(served,) for served in self._served])
        bundles = [placed.bundles[i] for i in proofs]
        return Placed(placed.checkpoint, placed.size, bundles, [row[0] for row in rows])

    def _insert(self, session: Session, rows: Found, placed: Sequenced) -> None:
        leaves = [
            (seq, outbox_id, leaf, leaf_hash, about)
            for seq, (outbox_id, leaf, about), leaf_hash in zip(
                count(placed.first), rows, placed.hashes, strict=False
            )
        ]
        session.many(*self._leaf, leaves)
        if placed.nodes:
            session.many(*self._node, placed.nodes)
        session.many(*self._checkpoint, [(placed.size, placed.frontier, placed.checkpoint)])


def _sequence(
    sequencer: Sequencer, frontier: bytes | None, leaves: list[bytes], proofs: list[int]
) -> Sequenced:
    """Ask the sequencer, and refuse an answer that does not cover exactly what was asked."""
    try:
        placed = sequencer.sequence(frontier, leaves, proofs)
    except GatewayError:
        raise
    except Exception as error:
        raise StoreUnavailable(f"the log could not be signed: {error}") from error
    if len(placed.hashes) != len(leaves) or placed.size != placed.first + len(leaves):
        raise StoreUnavailable(f"the sequencer placed {len(placed.hashes)} of {len(leaves)} entries")
    if not placed.bundles.keys() >= set(proofs):
        raise StoreUnavailable("the sequencer gave no proof for some evidence")
    return placed
