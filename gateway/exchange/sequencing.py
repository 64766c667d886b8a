"""The log's growth: a group of leaves gets its place, one signed checkpoint, and proofs (design 6)."""

from collections.abc import Sequence

from audit.bundle import ProofBundle, format_bundle
from audit.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from audit.note import parse_note
from audit.ports import LogStore, Signer, Verifier
from audit.proofs import prove_consistency, verify_consistency
from audit.tree import Frontier, extend, leaf_hash
from gateway.errors import LogBehindHead
from gateway.ports.store import Sequenced


class LogSequencer:
    """Signs the node's log. It refuses to grow any log but the one whose head it signed last.

    Args:
        origin: the log's name, `<gateway-domain>/audit/<year>`.
        signer: the checkpoint key, named like the origin.
    """

    def __init__(self, origin: str, signer: Signer) -> None:
        self.origin = origin
        self._signer = signer
        self._head: Checkpoint | None = None

    @property
    def head(self) -> Checkpoint | None:
        """The last checkpoint that is durable."""
        return self._head

    def start(self, stored: bytes | None, head: bytes | None, log: LogStore, verifier: Verifier) -> None:
        """Compare the database's log with the separately kept head before anything is signed.

        Args:
            stored: the last checkpoint in the database.
            head: the last checkpoint in the head store.
            log: the database's log, to prove that it extends the head.
            verifier: the node's own checkpoint key.

        Raises:
            LogBehindHead: the database is older than the head, or contradicts it.
        """
        mine = None if stored is None else open_checkpoint(stored, [verifier], self.origin)
        if head is not None:
            self._require_extension(open_checkpoint(head, [verifier], self.origin), mine, log)
        self._head = mine

    @staticmethod
    def _require_extension(signed: Checkpoint, mine: Checkpoint | None, log: LogStore) -> None:
        if mine is None or mine.size < signed.size:
            held = 0 if mine is None else mine.size
            raise LogBehindHead(
                f"the database's log has {held} entries, but {signed.size} were signed: it was restored"
                " from a backup or replaced; bring the newer database back"
            )
        if mine.size == signed.size:
            if mine.root != signed.root:
                raise LogBehindHead(f"the database holds another log of {mine.size} entries than was signed")
            return
        proof = prove_consistency(log, signed.size, mine.size)
        verify_consistency(signed.size, mine.size, proof, signed.root, mine.root)

    def sequence(self, frontier: bytes | None, leaves: Sequence[bytes], proofs: Sequence[int]) -> Sequenced:
        """Extend the log by a group of leaves; see `gateway.ports.store.Sequencer`.

        Raises:
            LogBehindHead: the frontier is not that of the head.
        """
        old = Frontier() if frontier is None else Frontier.unpack(frontier)
        if old.size != (0 if self._head is None else self._head.size):
            raise LogBehindHead(f"the log has {old.size} entries, not those last signed")
        hashes = [leaf_hash(leaf) for leaf in leaves]
        grown = extend(old, hashes)
        size = grown.frontier.size
        note = sign_checkpoint(Checkpoint(self.origin, size, grown.root, ()), [self._signer])
        bundles = {
            position: format_bundle(
                ProofBundle(leaves[position], old.size + position, grown.inclusion(old.size + position), note)
            )
            for position in proofs
        }
        return Sequenced(old.size, size, hashes, list(grown.completed), grown.frontier.pack(), note, bundles)

    def advance(self, checkpoint: bytes) -> None:
        """Note that a checkpoint signed here is durable."""
        self._head = parse_checkpoint(parse_note(checkpoint).text)
