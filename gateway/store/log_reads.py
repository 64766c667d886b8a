"""Reading the log: `audit.ports.LogStore`, and where an entry stands in it."""

from collections.abc import Iterator

from sqlalchemy import bindparam, select

from gateway.store.database import Found, Source
from gateway.store.log_tables import NAMED, audit_checkpoint, audit_leaf, audit_node
from gateway.store.statements import Query, at_most, number

CHUNK = 1024


class LogReads:
    """The log of one source; an `audit.ports.LogStore`."""

    def __init__(self, source: Source) -> None:
        leaf, node, checkpoint = audit_leaf.c, audit_node.c, audit_checkpoint.c
        first, end = number("first"), number("end")
        self._leaf_hashes = Query(
            source,
            select(leaf.seq, leaf.hash).where(leaf.seq >= first, leaf.seq < end).order_by(leaf.seq),
            "first",
            "end",
        )
        self._node_hashes = Query(
            source,
            select(node.idx, node.hash)
            .where(node.level == number("level"), node.idx >= first, node.idx < end)
            .order_by(node.idx),
            "level",
            "first",
            "end",
        )
        self._leaves = Query(
            source,
            select(leaf.seq, leaf.leaf).where(leaf.seq >= first, leaf.seq < end).order_by(leaf.seq),
            "first",
            "end",
        )
        self._last = Query(
            source,
            at_most(select(checkpoint.frontier, checkpoint.note).order_by(checkpoint.size.desc()), 1),
        )
        self._checkpoints = Query(
            source,
            at_most(
                select(checkpoint.size, checkpoint.note)
                .where(checkpoint.size > number("after"))
                .order_by(checkpoint.size),
                CHUNK,
            ),
            "after",
        )
        self._about = Query(
            source,
            select(leaf.seq).where(leaf.about == bindparam("about"), NAMED).order_by(leaf.seq),
            "about",
        )

    def frontier(self) -> bytes | None:
        """See `gateway.ports.store.Store.frontier`."""
        found = self._last()
        return found[0][0] if found else None

    def last_checkpoint(self) -> bytes | None:
        """The last signed checkpoint, as signed."""
        found = self._last()
        return found[0][1] if found else None

    def leaf_index(self, needle: str) -> list[int]:
        """See `gateway.ports.store.Store.leaf_index`."""
        return [row[0] for row in self._about(needle)]

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """See `audit.ports.LogStore.hashes`."""
        if level == 0:
            found = self._leaf_hashes(start, start + count)
        else:
            found = self._node_hashes(level, start, start + count)
        return [value for _, value in _unbroken(found, start)]

    def leaves(self, start: int, count: int) -> Iterator[bytes]:
        """See `audit.ports.LogStore.leaves`; read as they are asked for, a thousand at a time."""
        end = start + count
        while start < end:
            found = _unbroken(self._leaves(start, min(start + CHUNK, end)), start)
            yield from (leaf for _, leaf in found)
            if len(found) < min(CHUNK, end - start):
                return
            start += len(found)

    def checkpoints(self, after_size: int) -> Iterator[bytes]:
        """See `audit.ports.LogStore.checkpoints`; read as they are asked for, a thousand at a time."""
        while found := self._checkpoints(after_size):
            yield from (note for _, note in found)
            after_size = found[-1][0]


def _unbroken(found: Found, start: int) -> Found:
    """The rows up to the first number that is missing."""
    for offset, row in enumerate(found):
        if row[0] != start + offset:
            return found[:offset]
    return found
