"""Verification of a whole log, streamed: leaves, stored hashes, the root at every checkpoint, signatures.

The order of the checks decides the verdict, and the first thing wrong ends the run:

1. each leaf hashes to the stored leaf hash, each node of level 8, 16, ... to the stored one;
2. each checkpoint is signed, is of the same log, does not shrink, and its root is that of the leaves;
3. the leaves reach as far as every checkpoint and as the head that is known from elsewhere;
4. nothing lies beyond the last checkpoint.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import islice

import msgspec

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import (
    AuditError,
    HashMissing,
    MalformedCheckpoint,
    MalformedNote,
    NoTrustedSignature,
    SignatureInvalid,
)
from audit.ports import LogStore, Verifier
from audit.proofs import frontier_at
from audit.tree import EMPTY_ROOT, TILE_HEIGHT, Frontier, extend, leaf_hash

CHUNK_LEAVES = 1024


class Verdict(IntEnum):
    """Outcome of a verification; the value is the exit code (2 is left to wrong usage)."""

    OK = 0
    TAMPERED = 3
    TRUNCATED = 4
    FORKED = 5
    UNSIGNED = 6


class Report(msgspec.Struct, frozen=True):
    """What a verification found. `size` and `root` are those of the leaves proven before it stopped.

    `first_bad` is the index of the first leaf that is, or may be, affected; None if the verdict is OK.
    """

    verdict: Verdict
    size: int
    root: bytes
    checkpoints: int
    first_bad: int | None = None
    detail: str = ""


class _Finding(AuditError):
    """The first thing wrong with the log; becomes the report."""

    def __init__(self, verdict: Verdict, first_bad: int, detail: str) -> None:
        super().__init__(detail)
        self.verdict = verdict
        self.first_bad = first_bad


def verify_log(
    store: LogStore,
    verifiers: Sequence[Verifier],
    *,
    head: Checkpoint | None = None,
    since: Checkpoint | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Report:
    """Verify the log in `store` in bounded memory.

    `verifiers` are the log's own checkpoint keys. `head` is a checkpoint known from elsewhere (the separate
    store, a witness): the log must contain it. `since` is a checkpoint verified earlier: leaves below it are
    not read again, their stored hashes must still lead to its root. `on_progress` gets the number of leaves
    proven so far. What is wrong with the log is in the report, never raised.
    """
    run = _Run(store, verifiers, on_progress)
    try:
        run.start(since, head)
        for data in store.checkpoints(-1 if since is None else since.size):
            run.meet_signed(data, head)
        run.finish(head)
    except _Finding as finding:
        return run.report(finding)
    return run.report(None)


class _Run:
    """One pass over a log: the tree proven so far and the leaves read ahead of it."""

    def __init__(
        self, store: LogStore, verifiers: Sequence[Verifier], on_progress: Callable[[int], None] | None
    ) -> None:
        self._store = store
        self._verifiers = verifiers
        self._on_progress = on_progress
        self._frontier = Frontier()
        self._root = EMPTY_ROOT
        self._ahead: Iterator[bytes] = iter(())
        self._ahead_count = 0
        self._last: Checkpoint | None = None
        self._checkpoints = 0

    def report(self, finding: _Finding | None) -> Report:
        size = self._frontier.size
        if finding is None:
            return Report(Verdict.OK, size, self._root, self._checkpoints)
        return Report(finding.verdict, size, self._root, self._checkpoints, finding.first_bad, str(finding))

    def start(self, since: Checkpoint | None, head: Checkpoint | None) -> None:
        """Begin at the empty tree, or at the stored frontier of a checkpoint that is trusted already."""
        if since is None:
            return
        self._last = since
        self._frontier = self._stored_frontier(since)
        self._root = since.root
        if head is not None and head.size <= since.size:
            self._compare_origin(head, since)
            self._stored_frontier(head)

    def _stored_frontier(self, trusted: Checkpoint) -> Frontier:
        try:
            frontier = frontier_at(self._store, trusted.size)
        except HashMissing as error:
            raise _Finding(Verdict.TRUNCATED, 0, f"below size {trusted.size}: {error}") from error
        if frontier.root() != trusted.root:
            raise _Finding(
                Verdict.FORKED, 0, f"the log does not contain the known head of size {trusted.size}"
            )
        return frontier

    def meet_signed(self, data: bytes, head: Checkpoint | None) -> None:
        """Verify one stored checkpoint and the leaves it covers, passing `head` on the way."""
        checkpoint = self._open(data)
        if head is not None:
            self._compare_origin(head, checkpoint)
            if self._frontier.size < head.size < checkpoint.size:
                self._meet_head(head)
        self._advance(checkpoint.size)
        if self._root != checkpoint.root:
            covered = 0 if self._last is None else self._last.size
            detail = f"the leaves do not lead to the root signed at size {checkpoint.size}"
            raise _Finding(Verdict.TAMPERED, covered, detail)
        if head is not None:
            self._compare_head(head)
        self._last = checkpoint
        self._checkpoints += 1

    def _open(self, data: bytes) -> Checkpoint:
        size = self._frontier.size
        try:
            checkpoint = open_checkpoint(data, self._verifiers)
        except NoTrustedSignature as error:
            raise _Finding(Verdict.UNSIGNED, size, f"checkpoint after size {size}: {error}") from error
        except (MalformedNote, MalformedCheckpoint, SignatureInvalid) as error:
            raise _Finding(Verdict.TAMPERED, size, f"checkpoint after size {size}: {error}") from error
        self._require_order(checkpoint)
        return checkpoint

    def _require_order(self, checkpoint: Checkpoint) -> None:
        last = self._last
        if last is None:
            return
        if checkpoint.origin != last.origin:
            detail = f"a checkpoint of {checkpoint.origin} among those of {last.origin}"
            raise _Finding(Verdict.TAMPERED, last.size, detail)
        if checkpoint.size < last.size:
            detail = f"checkpoint {checkpoint.size} comes after checkpoint {last.size}"
            raise _Finding(Verdict.TAMPERED, checkpoint.size, detail)
        if checkpoint.size == last.size and checkpoint.root != last.root:
            raise _Finding(Verdict.FORKED, 0, f"two signed roots of size {last.size}")

    def _advance(self, size: int) -> None:
        """Prove leaves up to `size`."""
        while self._frontier.size < size:
            if not self._ahead_count:
                self._read_ahead()
            if not self._ahead_count:
                detail = f"the log ends at {self._frontier.size}, a signed head says {size}"
                raise _Finding(Verdict.TRUNCATED, self._frontier.size, detail)
            self._absorb(list(islice(self._ahead, min(self._ahead_count, size - self._frontier.size))))

    def _read_ahead(self) -> None:
        """Hash the next leaves and compare them with the stored leaf hashes."""
        start = self._frontier.size
        computed = [leaf_hash(leaf) for leaf in islice(self._store.leaves(start, CHUNK_LEAVES), CHUNK_LEAVES)]
        stored = self._store.hashes(0, start, len(computed)) if computed else []
        if stored != computed:
            pairs = zip(computed, [*stored, *[b""] * len(computed)], strict=False)
            bad = start + next(i for i, (ours, theirs) in enumerate(pairs) if ours != theirs)
            raise _Finding(Verdict.TAMPERED, bad, f"leaf {bad} does not hash to its stored hash")
        self._ahead, self._ahead_count = iter(computed), len(computed)

    def _absorb(self, batch: list[bytes]) -> None:
        extension = extend(self._frontier, batch)
        for level, index, node in extension.completed:
            if self._store.hashes(level, index, 1) != [node]:
                detail = f"the stored hash of node {index} of level {level} is wrong or missing"
                raise _Finding(Verdict.TAMPERED, index << level, detail)
        self._frontier, self._root = extension.frontier, extension.root
        self._ahead_count -= len(batch)
        if self._on_progress is not None:
            self._on_progress(self._frontier.size)

    def _meet_head(self, head: Checkpoint) -> None:
        self._advance(head.size)
        self._compare_head(head)

    def _compare_head(self, head: Checkpoint) -> None:
        if head.size == self._frontier.size and head.root != self._root:
            raise _Finding(Verdict.FORKED, 0, f"the log lacks the known head of size {head.size}")

    def _compare_origin(self, head: Checkpoint, signed: Checkpoint) -> None:
        if signed.origin != head.origin:
            raise _Finding(Verdict.FORKED, 0, f"the log is {signed.origin}, the known head {head.origin}")

    def finish(self, head: Checkpoint | None) -> None:
        """The known head is inside, and every leaf and hash lies under a checkpoint."""
        covered = self._frontier.size
        if head is not None and head.size >= covered:
            self._meet_head(head)
        if self._frontier.size > covered or list(self._store.leaves(covered, 1)):
            raise _Finding(Verdict.UNSIGNED, covered, f"no checkpoint covers the leaves from {covered}")
        for level in range(0, covered.bit_length() + TILE_HEIGHT, TILE_HEIGHT):
            if self._store.hashes(level, covered >> level, 1):
                detail = f"hashes of level {level} go on where the leaves end"
                raise _Finding(Verdict.TRUNCATED, covered, detail)
