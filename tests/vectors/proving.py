"""Vectors of the log: leaves, evidence as proof bundles, and the views two gateways show each other."""

import json
from typing import Any

import msgspec

from audit.bundle import ProofBundle, format_bundle
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.events import Event, encode_leaf
from audit.ports import Signer
from audit.proofs import prove_consistency
from audit.tree import Frontier, extend, leaf_hash
from gateway.exchange.manifest import manifest_digest
from keys import b64
from keys.notes import NoteSigner
from tests.vectors.case import Case, Document, accept, flipped, refuse
from tests.vectors.material import (
    CASE_ID,
    LOG_RU,
    LOG_RU_OTHER,
    LOG_THIRD,
    MANIFEST,
    MANIFEST_BYTES,
    PEER_ORIGIN,
    RECEIPT,
    SENDER,
    stream_of,
)

DIGEST = manifest_digest(MANIFEST_BYTES)
ABOUT = {"authority": SENDER, "message": MANIFEST.id, "manifest": DIGEST}


def _salt(label: str) -> bytes:
    return stream_of(f"leaf/{label}")(16)


ACCEPTED = encode_leaf(_salt("accepted"), Event.RELAY_ACCEPTANCE, RECEIPT, ABOUT)
CONSIGNED = encode_leaf(_salt("consigned"), Event.CONTENT_CONSIGNMENT, RECEIPT, ABOUT)
REJECTED = encode_leaf(_salt("rejected"), Event.RELAY_REJECTION, RECEIPT, {**ABOUT, "reason": "expired"})
INTERNAL = encode_leaf(
    _salt("internal"),
    Event.CASE_TRANSITION,
    RECEIPT,
    {"case": CASE_ID, "from_state": "none", "to_state": "requested"},
)
FILLING = [
    encode_leaf(_salt(f"fill/{n}"), Event.NODE_STOPPED, RECEIPT + n, {"reason": "signal"}) for n in range(6)
]
LEAVES = [*FILLING[:3], ACCEPTED, CONSIGNED, INTERNAL, REJECTED, *FILLING[3:]]


class MemoryLog:
    """A log of given leaves, enough to prove from."""

    def __init__(self, leaves: list[bytes]) -> None:
        self._hashes = [leaf_hash(leaf) for leaf in leaves]

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        return [] if level else self._hashes[start : start + count]

    def leaves(self, start: int, count: int) -> list[bytes]:
        raise NotImplementedError("proofs need hashes alone")

    def checkpoints(self, after_size: int) -> list[bytes]:
        raise NotImplementedError("proofs need hashes alone")

    def note(self, size: int, signer: NoteSigner = LOG_RU) -> bytes:
        """The signed checkpoint of the first `size` leaves."""
        root = extend(Frontier(), self._hashes[:size]).root
        return sign_checkpoint(Checkpoint(signer.name, size, root, ()), [signer])

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        return tuple(extend(Frontier(), self._hashes[:size]).inclusion(index))

    def link(self, old: int, new: int) -> dict[str, Any]:
        return {"size": old, "proof": [b64.encode(node) for node in prove_consistency(self, old, new)]}


LOG = MemoryLog(LEAVES)
FORK = MemoryLog([*LEAVES[:3], CONSIGNED, *LEAVES[4:]])
SIZE = len(LEAVES)


def _bundle(leaf: bytes | None, index: int, size: int = SIZE, note: bytes | None = None) -> ProofBundle:
    return ProofBundle(leaf, index, LOG.inclusion(index, size), note or LOG.note(size))


def leaves_document() -> Document:
    """Leaves: salt and canonical JSON of a catalogued event."""
    salt, content = ACCEPTED[:16], json.loads(ACCEPTED[16:])

    def changed(**members: object) -> bytes:
        return salt + json.dumps(dict(sorted((content | members).items())), separators=(",", ":")).encode()

    def without(name: str) -> bytes:
        return (
            salt
            + json.dumps(
                {key: value for key, value in content.items() if key != name}, separators=(",", ":")
            ).encode()
        )

    bad = {
        "unknown field": changed(note="x"),
        "field of another event": changed(client="case-system"),
        "no manifest": without("manifest"),
        "no version": without("v"),
        "version 2": changed(v=2),
        "no time": without("at"),
        "time as text": changed(at="1768467605000"),
        "time below zero": changed(at=-1),
        "unknown event": changed(event="message.forged"),
        "rejection without a reason": changed(event="RelayRejection"),
        "free text as a reason": changed(event="RelayRejection", reason="Because of the case"),
        "message id in capitals": changed(message=MANIFEST.id.upper()),
        "digest with stray low bits": changed(manifest=DIGEST[:-1] + "B"),
        "digest in hex": changed(manifest="0" * 64),
        "authority without a state": changed(authority="mia"),
        "space": salt + ACCEPTED[16:].replace(b":", b": ", 1),
        "repeated name": salt + b'{"at":1,' + ACCEPTED[17:],
        "salt of 15 bytes": ACCEPTED[1:],
        "no salt": ACCEPTED[16:],
        "truncated": ACCEPTED[:-1],
        "empty": b"",
    }
    good = {"RelayAcceptance": ACCEPTED, "RelayRejection": REJECTED, "an internal event": INTERNAL}
    cases = [accept(name, leaf=b64.encode(leaf)) for name, leaf in good.items()]
    cases += [refuse(name, leaf=b64.encode(leaf)) for name, leaf in bad.items()]
    return {"kind": "leaves", "cases": cases}


def evidence_document() -> Document:
    """Evidence: proof bundles of a peer's log with the leaf inside."""
    cases = [
        accept("acceptance", bundle=_text(_bundle(ACCEPTED, 3))),
        accept("consignment in an earlier head", bundle=_text(_bundle(CONSIGNED, 4, 5))),
        accept("rejection", bundle=_text(_bundle(REJECTED, 6))),
        accept("a log of one leaf", bundle=_text(_lone(ACCEPTED))),
        accept("with a witness's line", bundle=_text(_bundle(ACCEPTED, 3, note=_two_lines()))),
    ]
    cases += [refuse(name, bundle=_text(bundle)) for name, bundle in _bad_bundles().items()]
    cases += [refuse(name, bundle=b64.encode(data)) for name, data in _bad_texts().items()]
    shared = {"vkey": LOG_RU.vkey, "origin": PEER_ORIGIN}
    return {"kind": "evidence", "shared": shared, "cases": cases}


def _text(bundle: ProofBundle) -> str:
    return b64.encode(format_bundle(bundle))


def _lone(leaf: bytes) -> ProofBundle:
    return ProofBundle(leaf, 0, (), MemoryLog([leaf]).note(1))


def _two_lines() -> bytes:
    root = extend(Frontier(), [leaf_hash(leaf) for leaf in LEAVES]).root
    signers: list[Signer] = [LOG_RU, LOG_THIRD]
    return sign_checkpoint(Checkpoint(PEER_ORIGIN, SIZE, root, ()), signers)


def _bad_bundles() -> dict[str, ProofBundle]:
    good = _bundle(ACCEPTED, 3)
    changed = msgspec.structs.replace
    path = good.path
    unknown = ACCEPTED[:-1] + b',"w":1}'
    third = MemoryLog(LEAVES).note(SIZE, LOG_THIRD)
    return {
        "leaf changed": changed(good, extra=flipped(ACCEPTED, 0)),
        "another leaf of the log": changed(good, extra=CONSIGNED),
        "no leaf inside": changed(good, extra=None),
        "another index": changed(good, index=4),
        "index beyond the tree": changed(good, index=SIZE),
        "path with one hash changed": changed(good, path=(flipped(path[0], 0), *path[1:])),
        "path in another order": changed(good, path=tuple(reversed(path))),
        "path too short": changed(good, path=path[:-1]),
        "path too long": changed(good, path=(*path, path[0])),
        "path of a smaller tree": changed(good, path=LOG.inclusion(3, 5)),
        "head of another size": changed(good, checkpoint=LOG.note(SIZE - 1)),
        "head of a fork": changed(good, checkpoint=FORK.note(SIZE)),
        "another log": changed(good, checkpoint=third),
        "another key under the same name": changed(good, checkpoint=LOG.note(SIZE, LOG_RU_OTHER)),
        "signed by a witness alone": changed(good, checkpoint=_only_witness()),
        "size changed after signing": changed(
            good, checkpoint=good.checkpoint.replace(b"\n10\n", b"\n11\n", 1)
        ),
        "an internal event": _bundle(INTERNAL, 5),
        "a leaf with an unknown field": _lone(unknown),
        "a leaf that is no event": _lone(b"x" * 40),
    }


def _only_witness() -> bytes:
    text, _, lines = _two_lines().decode().rpartition("\n\n")
    return f"{text}\n\n{lines.splitlines()[1]}\n".encode()


def _bad_texts() -> dict[str, bytes]:
    good = format_bundle(_bundle(ACCEPTED, 3))
    lines = good.split(b"\n")
    return {
        "another format's name": good.replace(b"tlog-proof@v1", b"tlog-proof@v2", 1),
        "index with a leading zero": good.replace(b"index 3", b"index 03", 1),
        "index below zero": good.replace(b"index 3", b"index -3", 1),
        "no index": good.replace(b"index 3\n", b"", 1),
        "line ends of two characters": good.replace(b"\n", b"\r\n"),
        "extra without its padding": good.replace(lines[1], lines[1].rstrip(b"=")[:-1], 1),
        "extra twice": good.replace(lines[1], lines[1] + b"\n" + lines[1], 1),
        "extra after the index": b"\n".join([lines[0], lines[2], lines[1], *lines[3:]]),
        "hash in base64url": good.replace(lines[3], b"_" + lines[3][1:], 1),
        "hash of 31 bytes": good.replace(lines[3], lines[3][:40] + b"AA==", 1),
        "no empty line": good.replace(b"\n\n", b"\n", 1),
        "no checkpoint": good[: good.index(b"\n\n") + 2],
        "signature changed": good[:-6] + flipped(good[-6:-2], 0) + good[-2:],
        "signature line cut": good[:-4] + b"\n",
        "something after the last line": good + b"x",
        "truncated": good[: len(good) // 2],
        "empty": b"",
    }


def views_document() -> Document:
    """Log views: the head shown extends the one known, and proves it."""
    new, known = LOG.note(SIZE), b64.encode(LOG.note(4))
    link = LOG.link(4, SIZE)
    wrong = link | {"proof": [b64.encode(flipped(b64.decode(link["proof"][0]), 0)), *link["proof"][1:]]}
    base: dict[str, Any] = {"flow": "out", "known": known, "checkpoint": b64.encode(new), "links": [link]}
    first = base | {"known": None, "links": []}
    smaller = base | {"checkpoint": b64.encode(LOG.note(3)), "links": []}
    cases: list[Case] = [
        accept("the first head", **first),
        accept("an empty log at first", **first | {"checkpoint": ""}),
        accept("a linked head", **base),
        accept("the same head again", **base | {"checkpoint": known, "links": []}),
        accept("a linked head in a request", **base | {"flow": "in"}),
        accept("a link more than needed", **base | {"links": [LOG.link(2, SIZE), link]}),
        refuse("no link", **base | {"links": []}),
        refuse("no link in a request", **base | {"links": [], "flow": "in"}),
        refuse("a link from another size", **base | {"links": [LOG.link(3, SIZE)]}),
        refuse("a link whose proof is wrong", **base | {"links": [wrong]}),
        refuse("a link whose proof is too short", **base | {"links": [link | {"proof": link["proof"][:-1]}]}),
        refuse("a link whose proof is empty", **base | {"links": [link | {"proof": []}]}),
        refuse("a fork of the same size", **base | {"checkpoint": b64.encode(FORK.note(4)), "links": []}),
        refuse(
            "a fork further on",
            **base | {"checkpoint": b64.encode(FORK.note(SIZE)), "links": [FORK.link(4, SIZE)]},
        ),
        refuse("rolled back in an answer", **smaller),
        refuse("smaller in a request", **smaller | {"flow": "in"}),
        refuse("an empty log after a head", **base | {"checkpoint": "", "links": []}),
        refuse("another log's head", **first | {"checkpoint": b64.encode(LOG.note(SIZE, LOG_THIRD))}),
        refuse("another key's head", **first | {"checkpoint": b64.encode(LOG.note(SIZE, LOG_RU_OTHER))}),
        refuse("a head with a changed root", **first | {"checkpoint": b64.encode(_other_root(new))}),
        refuse("not a note", **first | {"checkpoint": b64.encode(b"head\n")}),
    ]
    return {"kind": "views", "shared": {"vkey": LOG_RU.vkey, "origin": PEER_ORIGIN}, "cases": cases}


def _other_root(note: bytes) -> bytes:
    lines = note.split(b"\n")
    lines[2] = (b"A" if lines[2][:1] != b"A" else b"B") + lines[2][1:]
    return b"\n".join(lines)
