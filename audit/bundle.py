"""Proof bundles (C2SP tlog-proof): leaf, index, inclusion proof and checkpoint as one text.

Kelisim puts the leaf's own bytes into the `extra` line, so that a bundle says what it proves. The line itself
is not signed: it counts only because its hash is shown to be in the tree.
"""

import re
from collections.abc import Sequence

import msgspec

from audit import b64
from audit.checkpoint import Checkpoint, CheckpointReader
from audit.errors import MalformedBundle
from audit.events import MAX_LEAF_BYTES, LeafRecord, decode_leaf
from audit.ports import Verifier
from audit.proofs import verify_inclusion
from audit.tree import HASH_BYTES, MAX_SIZE, leaf_hash

MAX_BUNDLE_BYTES = 1 << 20
MAX_PATH = 62

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class ProofBundle(msgspec.Struct, frozen=True):
    """An unverified bundle: extra bytes if any, leaf index, 32-byte hashes from the leaf up, signed note."""

    extra: bytes | None
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes


class ProvenLeaf(msgspec.Struct, frozen=True):
    """A leaf that is in the tree of a verified checkpoint."""

    leaf: bytes
    index: int
    checkpoint: Checkpoint


class Evidence(msgspec.Struct, frozen=True):
    """A verified evidence leaf of a peer's log, and where it stands there."""

    record: LeafRecord
    index: int
    checkpoint: Checkpoint


def format_bundle(bundle: ProofBundle) -> bytes:
    """The bundle's text; raises `MalformedBundle` for one that `parse_bundle` would not read back."""
    _require_limits(bundle)
    extra = [] if bundle.extra is None else [_EXTRA + b64.encode(bundle.extra)]
    hashes = [b64.encode(node) for node in bundle.path]
    lines = [_HEADER, *extra, f"index {bundle.index}", *hashes, "", ""]
    return "\n".join(lines).encode("ascii") + bundle.checkpoint


def parse_bundle(data: bytes) -> ProofBundle:
    """Take a bundle apart without believing it; the checkpoint's bytes are kept as they are.

    Raises `MalformedBundle`, naming the line that is wrong.
    """
    if len(data) > MAX_BUNDLE_BYTES:
        raise MalformedBundle(f"the bundle is longer than {MAX_BUNDLE_BYTES} bytes")
    head, separator, checkpoint = data.partition(b"\n\n")
    if not separator or not head.isascii():
        raise MalformedBundle("the bundle is not ASCII lines, an empty line and a checkpoint")
    header, *lines = head.decode("ascii").split("\n")
    if header != _HEADER:
        raise MalformedBundle("the first line does not name the tlog-proof format")
    extra = (
        _decode(lines.pop(0).removeprefix(_EXTRA), "extra") if lines and lines[0].startswith(_EXTRA) else None
    )
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None:
        raise MalformedBundle("the index line is missing or is not a decimal number")
    bundle = ProofBundle(extra, int(index[1]), tuple(_decode(line, "hash") for line in lines), checkpoint)
    _require_limits(bundle)
    return bundle


def _decode(text: str, what: str) -> bytes:
    try:
        return b64.decode(text)
    except ValueError as error:
        raise MalformedBundle(f"the {what} line is not base64") from error


def _require_limits(bundle: ProofBundle) -> None:
    if bundle.extra is not None and not 0 < len(bundle.extra) <= MAX_LEAF_BYTES:
        raise MalformedBundle(f"an extra line holds 1 to {MAX_LEAF_BYTES} bytes")
    if not 0 <= bundle.index < MAX_SIZE:
        raise MalformedBundle(f"no tree has a leaf {bundle.index}")
    if len(bundle.path) > MAX_PATH or any(len(node) != HASH_BYTES for node in bundle.path):
        raise MalformedBundle(f"a path is at most {MAX_PATH} hashes of 32 bytes")
    if not bundle.checkpoint:
        raise MalformedBundle("the checkpoint is missing")


def evidence_leaf(bundle: ProofBundle) -> bytes:
    """The leaf bytes a Kelisim bundle carries, still unverified; raises `MalformedBundle` if it has none."""
    if bundle.extra is None:
        raise MalformedBundle("the bundle does not carry its leaf")
    return bundle.extra


def verify_bundle(data: bytes, leaf: bytes | None, verifiers: Sequence[Verifier]) -> ProvenLeaf:
    """Verify a bundle offline: signature, then inclusion of `leaf`, or of the leaf it carries if None.

    A bundle that carries another leaf than the one asked for is refused, since two readers would take it for
    different entries. Raises `MalformedBundle`, the errors of `open_checkpoint`, or `ProofInvalid`.
    """
    return prove_leaf(parse_bundle(data), leaf, CheckpointReader(verifiers))


def prove_leaf(bundle: ProofBundle, leaf: bytes | None, reader: CheckpointReader) -> ProvenLeaf:
    """`verify_bundle` for a parsed bundle and a reader that is kept between bundles of one log."""
    proven = evidence_leaf(bundle) if leaf is None else leaf
    if bundle.extra is not None and bundle.extra != proven:
        raise MalformedBundle("the bundle carries another leaf")
    checkpoint = reader.open(bundle.checkpoint)
    verify_inclusion(leaf_hash(proven), bundle.index, checkpoint.size, bundle.path, checkpoint.root)
    return ProvenLeaf(proven, bundle.index, checkpoint)


def open_evidence(data: bytes, reader: CheckpointReader) -> Evidence:
    """Verify evidence a peer gave: proof and signature as `verify_bundle`, and a leaf that is evidence.

    Raises also `MalformedLeaf` when the proven leaf is not a catalogued event, and `MalformedBundle` when it
    is one that is not meant for peers.
    """
    proven = prove_leaf(parse_bundle(data), None, reader)
    record = decode_leaf(proven.leaf)
    if not record.peer_visible:
        raise MalformedBundle(f"{record.event} is not evidence")
    return Evidence(record, proven.index, proven.checkpoint)
