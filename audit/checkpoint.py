"""Checkpoints (C2SP tlog-checkpoint): a log's origin, size and root as the text of a signed note."""

import re
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from audit import b64
from audit.errors import ForkDetected, MalformedCheckpoint, NoTrustedSignature, RolledBack
from audit.note import open_note, sign_note
from audit.ports import Signer, Verifier
from audit.proofs import verify_consistency
from audit.tree import EMPTY_ROOT, HASH_BYTES, MAX_SIZE

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LINE = re.compile(r"[^\x00-\x1f]+")
_REMEMBERED = 256


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of the log `origin`: number of leaves and 32-byte root hash."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise MalformedCheckpoint(f"a log cannot have {self.size} leaves")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise MalformedCheckpoint("the root is not the hash of a tree of that size")
        if not all(_LINE.fullmatch(line) for line in (self.origin, *self.extensions)):
            raise MalformedCheckpoint("the origin and every extension are one line that is not empty")

    def text(self) -> str:
        """The note text that is signed."""
        lines = (self.origin, str(self.size), b64.encode(self.root), *self.extensions)
        return "\n".join(lines) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note text; exactly what `Checkpoint.text` writes is accepted. Raises `MalformedCheckpoint`."""
    origin, *rest = text.split("\n")
    if len(rest) < 3 or rest.pop() or not _SIZE.fullmatch(rest[0]):
        raise MalformedCheckpoint("a checkpoint has an origin, a decimal size and a root, one a line")
    try:
        root = b64.decode(rest[1])
    except ValueError as error:
        raise MalformedCheckpoint("the root is not base64") from error
    return Checkpoint(origin, int(rest[0]), root, tuple(rest[2:]))


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """The signed note. One signer must bear the origin's name, since readers look for that signature."""
    if all(signer.name != checkpoint.origin for signer in signers):
        raise MalformedCheckpoint(f"no signer bears the name {checkpoint.origin}")
    return sign_note(checkpoint.text(), signers)


def open_checkpoint(data: bytes, verifiers: Sequence[Verifier], origin: str | None = None) -> Checkpoint:
    """Verify a signed checkpoint and return it.

    A verified signature must bear the origin's name: a witness, or another log's key, cannot speak for this
    log. With `origin` any other log is refused. Raises the errors of `open_note`, or `MalformedCheckpoint`.
    """
    note = open_note(data, verifiers)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin not in note.verified_names:
        raise NoTrustedSignature(f"the log {checkpoint.origin} itself has not signed")
    if origin is not None and checkpoint.origin != origin:
        raise MalformedCheckpoint(f"a checkpoint of {checkpoint.origin}, not of {origin}")
    return checkpoint


def require_extension(known: Checkpoint, offered: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that a log's offered head extends the one it signed before.

    Raises `MalformedCheckpoint` (another log), `RolledBack`, `ForkDetected` (one size, two roots) or
    `ProofInvalid`. A known head of size 0 is extended by every tree and needs no proof.
    """
    if known.origin != offered.origin:
        raise MalformedCheckpoint(f"a checkpoint of {offered.origin}, not of {known.origin}")
    if offered.size < known.size:
        raise RolledBack(f"{known.origin} signed {known.size} leaves and now shows {offered.size}")
    if offered.size == known.size and offered.root != known.root:
        raise ForkDetected(f"{known.origin} signed two roots of size {known.size}")
    if known.size:
        verify_consistency(known.size, offered.size, proof, known.root, offered.root)


class CheckpointReader:
    """Opens one log's checkpoints and remembers the last verified ones by their exact bytes.

    One checkpoint covers a whole group of leaves, so a batch of evidence carries it many times over.
    """

    def __init__(self, verifiers: Sequence[Verifier], origin: str | None = None) -> None:
        self._verifiers = tuple(verifiers)
        self._origin = origin
        self._opened: OrderedDict[bytes, Checkpoint] = OrderedDict()

    def open(self, data: bytes) -> Checkpoint:
        """As `open_checkpoint`; only checkpoints that verified are remembered."""
        known = self._opened.get(data)
        if known is None:
            known = self._opened[data] = open_checkpoint(data, self._verifiers, self._origin)
            if len(self._opened) > _REMEMBERED:
                self._opened.popitem(last=False)
        return known
