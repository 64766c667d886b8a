"""How each file of vectors is judged: the input goes through the real code, which yields or raises."""

import functools
import json
from collections.abc import Callable
from typing import Any, cast

from audit.bundle import open_evidence
from audit.checkpoint import CheckpointReader, open_checkpoint
from audit.errors import AuditError
from audit.events import decode_leaf
from gateway.errors import GatewayError, Invalid
from gateway.exchange import frames
from gateway.exchange.body import decode_body
from gateway.exchange.fitting import require_fit
from gateway.exchange.frames import EnvelopeFrame, Link, LogView
from gateway.exchange.manifest import decode_manifest, manifest_digest
from gateway.exchange.node import Identity, Node, TrustHolder
from gateway.exchange.opening import open_envelope
from gateway.exchange.peerlog import PeerLog, PeerLogs
from gateway.exchange.standing import Move, advance, opened, write_memory
from gateway.settings import Settings
from keys import b64, canonical, envelope, signatures
from keys.encryption import EncryptionPrivateKey
from keys.epochs import verify_epoch
from keys.errors import KeysError, OpenFailed
from keys.header import read_header
from keys.jwk import VerifyKey
from keys.notes import NoteVerifier
from keys.signature_block import decode_part0
from keys.streams import part_context
from keys.suites import suite_of
from keys.trust import Trust

Given = dict[str, Any]
REFUSALS = (KeysError, AuditError, GatewayError)


def cause_of(error: Exception) -> str:
    """The error's class and what the local log says; peers see none of it."""
    text = error.local_cause() if isinstance(error, OpenFailed) else str(error)
    return f"{type(error).__name__}: {text}"


def _canonical(given: Given, _: Given) -> Given:
    return {"again": b64.encode(canonical.encode(canonical.decode(b64.decode(given["json"]))))}


def _body(given: Given, _: Given) -> Given:
    body = decode_body(b64.decode(given["body"]))
    if "message_kind" in given:
        require_fit(given["message_kind"], body)
    return {}


def _case(given: Given, _: Given) -> Given:
    first, *steps = [_move(told) for told in given["steps"]]
    standing = opened(first)
    states = []
    for number, move in enumerate([first, *steps]):
        standing = standing if number == 0 or standing is None else advance(standing, move)
        if standing is None:
            raise Invalid([(f"/steps/{number}", f"{move.step} is not admitted")])
        states.append(standing.state)
    return {"states": states, "memory": {} if standing is None else json.loads(write_memory(standing.memory))}


def _move(told: Given) -> Move:
    return Move(role=told["by"], **{name: value for name, value in told.items() if name != "by"})


def _manifest(given: Given, _: Given) -> Given:
    data = b64.decode(given["manifest"])
    manifest = decode_manifest(data)
    return {"digest": manifest_digest(data), "message": manifest.id, "parts": len(manifest.parts)}


def _signature(given: Given, _: Given) -> Given:
    key, jws = VerifyKey.from_jwk(given["key"]), given["jws"]
    if given["typ"] == signatures.OFFICIAL_TYP:
        signatures.verify_official(jws, b64.decode(given["manifest"]), key)
    elif given["typ"] == signatures.SEAL_TYP:
        signatures.verify_seal(jws, b64.decode(given["manifest"]), given["official"], key)
    elif "authority" in given:
        found = verify_epoch(jws, given["authority"], key)
        return {"kid": found.kid, "not_before": found.not_before, "not_after": found.not_after}
    else:
        return {"payload": b64.encode(signatures.verify_statement(jws, given["typ"], key))}
    return {"kid": signatures.peek_kid(jws, given["typ"])}


def _block(given: Given, _: Given) -> Given:
    block = decode_part0(b64.decode(given["block"]))
    return {"manifest": b64.encode(block.manifest), "official": block.official, "seal": block.seal}


def _header(given: Given, _: Given) -> Given:
    clear = read_header(b64.decode(given["header"]))
    return {
        "digest": b64.encode(clear.digest),
        "suite": clear.suite.number,
        "envelope": clear.envelope_id,
        "recipient_key": clear.recipient_key,
        "part_sizes": list(clear.part_sizes),
        "ciphertext_lengths": [clear.suite.ciphertext_length(size) for size in clear.part_sizes],
    }


def _key_schedule(given: Given, _: Given) -> Given:
    clear = read_header(b64.decode(given["header"]))
    secret = b64.decode(given["secret"], suite_of(1).secret_bytes)
    return {
        "wrap_info": b64.encode(envelope._wrap_info(given["recipient"], clear)),
        "part_keys": [
            b64.encode(clear.suite.part_key(secret, clear.digest, index))
            for index in range(len(clear.part_sizes))
        ],
        "part_contexts": [
            b64.encode(part_context(clear.digest, index)) for index in range(len(clear.part_sizes))
        ],
    }


class _NoBlobs:
    """A quarantine into which nothing was streamed."""

    def exists(self, _name: str) -> bool:
        return False


class _FixedIds:
    def uuid7(self, _now_ms: int) -> str:
        return "019bc0a5-a900-7000-8000-00000000feed"


def settings() -> Settings:
    """Default limits; addresses are needed only for the form."""
    listen = {"host": "127.0.0.1", "port": 0, "certificate": "c", "private_key": "k"}
    return Settings.model_validate(
        {
            "node": {"authority": "ru/mia", "domain": "gateway.mia.ru.example", "log_year": 2026},
            "api": {**listen, "issuer": "https://gateway.mia.ru.example"},
            "peer": {**listen, "client_certificate": "c", "client_private_key": "k"},
        }
    )


@functools.lru_cache(maxsize=1)
def _trust(lists: tuple[tuple[str, tuple[str, ...]], ...], anchors: tuple[tuple[str, str], ...]) -> Trust:
    files = {party: [text.encode() for text in versions] for party, versions in lists}
    keys = {
        party: VerifyKey.from_jwk(cast("Given", canonical.decode(jwk.encode()))) for party, jwk in anchors
    }
    return Trust.load(files, keys)


def trust_of(shared: Given) -> Trust:
    """The trust that a file's lists and anchors make."""
    lists = tuple((party, tuple(versions)) for party, versions in sorted(shared["lists"].items()))
    anchors = tuple(
        (party, canonical.encode(jwk).decode()) for party, jwk in sorted(shared["anchors"].items())
    )
    return _trust(lists, anchors)


def _receiver(authority: str, shared: Given) -> Node:
    """A node as far as opening an envelope reaches; every other port is absent on purpose."""
    private = EncryptionPrivateKey(b64.decode(shared["decryption_seeds"]))
    nothing = cast("Any", None)
    return Node(
        settings=settings(),
        identity=Identity(authority, nothing, {private.kid: private}.get, {}),
        clock=nothing,
        entropy=cast("Any", _FixedIds()),
        store=nothing,
        blobs=cast("Any", _NoBlobs()),
        journal=nothing,
        agreements=nothing,
        trust=TrustHolder(trust_of(shared)),
        case_keys=nothing,
        peers=nothing,
        waiters=nothing,
        log=nothing,
    )


def frame_of(given: Given) -> EnvelopeFrame:
    """The envelope frame of a case."""
    parts = [None if part is None else b64.decode(part) for part in given["parts"]]
    return EnvelopeFrame(b64.decode(given["header"]), b64.decode(given["wrap"]), parts)


def _envelope(given: Given, shared: Given) -> Given:
    node = _receiver(given["recipient"], shared)
    opened = open_envelope(node, frame_of(given["frame"]), tuple(given["senders"]), given["receipt"])
    verified = opened.verified
    return {
        "message": verified.manifest.id,
        "digest": verified.digest,
        "office": verified.official,
        "part_keys": [b64.encode(key) for key in opened.part_keys],
    }


def _trust_file(given: Given, shared: Given) -> Given:
    party, anchor = given["party"], VerifyKey.from_jwk(shared["anchors"][given["party"]])
    trust = Trust({})
    for text in given["kept"]:
        trust = trust.with_file(party, text.encode(), anchor, given["now"])
    latest = trust.with_file(party, given["file"].encode(), anchor, given["now"]).latest(party)
    assert latest is not None
    return {"version": latest.version, "authorities": sorted(latest.authorities)}


def _listed_key(given: Given, shared: Given) -> Given:
    trust, at = trust_of(shared), (given["created"], given["receipt"])
    if given["usage"] == "seal":
        return {"x": b64.encode(trust.seal_key(given["authority"], given["kid"], *at).raw)}
    official = trust.official(given["authority"], given["kid"], *at)
    return {"x": b64.encode(official.key.raw), "office": official.office, "name": official.name}


def _leaf(given: Given, _: Given) -> Given:
    record = decode_leaf(b64.decode(given["leaf"]))
    return {"event": record.event.value, "at": record.at, "fields": record.fields}


def _evidence(given: Given, shared: Given) -> Given:
    reader = CheckpointReader([NoteVerifier.from_vkey(shared["vkey"])], shared["origin"])
    found = open_evidence(b64.decode(given["bundle"]), reader)
    return {
        "event": found.record.event.value,
        "fields": found.record.fields,
        "index": found.index,
        "size": found.checkpoint.size,
        "root": b64.encode(found.checkpoint.root),
    }


class _OurLog:
    """Our own log's head, as far as a view names its sizes; None: nothing is logged yet."""

    head = None


def _view(given: Given, shared: Given) -> Given:
    verifier = NoteVerifier.from_vkey(shared["vkey"])
    log = PeerLog(shared["origin"], CheckpointReader([verifier], shared["origin"]))
    if given["known"] is not None:
        note = b64.decode(given["known"])
        log.heads[given["flow"]] = open_checkpoint(note, [verifier])
        log.notes[given["flow"]] = note
    links = [Link(link["size"], [b64.decode(node) for node in link["proof"]]) for link in given["links"]]
    view = LogView(b64.decode(given["checkpoint"]), links, [])
    peers = PeerLogs(cast("Any", None), cast("Any", _OurLog()))
    seen = peers.take_view(log, given["flow"], view)
    head = log.heads.get(given["flow"])
    return {"size": 0 if head is None else head.size, "new": seen is not None}


def _frame(given: Given, _: Given) -> Given:
    kind = getattr(frames, given["kind"])
    return {"again": b64.encode(frames.pack(frames.unpack(kind, b64.decode(given["frame"]))))}


JUDGES: dict[str, Callable[[Given, Given], Given]] = {
    "canonical": _canonical,
    "manifest": _manifest,
    "body": _body,
    "signatures": _signature,
    "block": _block,
    "cases": _case,
    "header": _header,
    "key_schedule": _key_schedule,
    "envelopes": _envelope,
    "trust_files": _trust_file,
    "listed_keys": _listed_key,
    "leaves": _leaf,
    "evidence": _evidence,
    "views": _view,
    "frames": _frame,
}


def judge(kind: str, given: Given, shared: Given) -> tuple[str, Given]:
    """Run one case: (`accept`, what it yields) or (`refuse`, the cause)."""
    try:
        return "accept", JUDGES[kind](given, shared)
    except REFUSALS as error:
        return "refuse", {"cause": cause_of(error)}
