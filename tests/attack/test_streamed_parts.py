"""Streamed parts of a hostile peer: they count for the message that claims them and for no other."""

import os
from dataclasses import dataclass

import msgspec

from gateway.exchange.frames import DeliverResult, EnvelopeFrame
from gateway.exchange.manifest import Manifest, encode_manifest
from gateway.exchange.opening import quarantined
from keys import instants
from keys.envelope import begin_seal, seal_part
from keys.signature_block import encode_part0
from keys.signatures import official_sign, seal_sign
from tests.support.hostile import HOUR_MS, Hostile, Victim, remade, run, salted_body


@dataclass(frozen=True)
class Streamed:
    """A message whose annex goes ahead of it as a stream."""

    frame: EnvelopeFrame
    name: str
    ciphertext: bytes

    def lay(self, victim: Victim) -> None:
        writer = victim.node.blobs.create(self.name)
        writer.write(self.ciphertext)
        writer.commit()


def streamed(peer: Hostile, envelope_id: str, **changes: object) -> Streamed:
    body, annex = salted_body(), bytes(16) + b"annex" * 50
    frame = peer.envelope(peer.manifest(body, (annex,), **changes), [body, annex], envelope_id=envelope_id)
    ciphertext = frame.parts[2]
    assert ciphertext is not None
    return Streamed(
        msgspec.structs.replace(frame, parts=[*frame.parts[:2], None]),
        quarantined(peer.member.authority, envelope_id, 2),
        ciphertext,
    )


def test_a_streamed_part_that_is_missing_is_asked_for(victim: Victim, peer: Hostile) -> None:
    one = streamed(peer, peer.new_id())
    assert run(peer.deliver(one.frame)) == [DeliverResult("parts_missing", [])]
    one.lay(victim)
    assert run(peer.deliver(one.frame))[0].outcome == "accepted"


def test_a_refused_message_leaves_no_streamed_part(victim: Victim, peer: Hostile) -> None:
    one = streamed(peer, peer.new_id(), level="state_secret")
    one.lay(victim)
    assert run(peer.deliver(one.frame))[0].outcome == "rejected"
    assert not victim.node.blobs.exists(one.name)


def test_a_second_message_under_an_envelopes_id_cannot_take_its_part_away(
    victim: Victim, peer: Hostile
) -> None:
    """The sender keeps the envelope's secrets, so it seals another manifest under the very same header."""
    body, annex = salted_body(), bytes(16) + b"annex" * 50
    lawful = peer.manifest(body, (annex,))
    later = victim.clock.now + 10 * HOUR_MS
    unlawful = remade(
        lawful, id=peer.new_id(), created=instants.write(later), expires=instants.write(later + HOUR_MS)
    )
    frames, name, ciphertext = _under_one_header(peer, [lawful, unlawful], body, annex)
    writer = victim.node.blobs.create(name)
    writer.write(ciphertext)
    writer.commit()
    assert run(peer.deliver(frames[0]))[0].outcome == "accepted"
    assert run(peer.deliver(frames[1]))[0].outcome == "rejected"
    assert b"".join(victim.node.blobs.read(name)) == ciphertext


def _under_one_header(
    peer: Hostile, manifests: list[Manifest], body: bytes, annex: bytes
) -> tuple[list[EnvelopeFrame], str, bytes]:
    blocks = []
    for manifest in manifests:
        data = encode_manifest(manifest)
        signed = official_sign(peer.member.head, data)
        blocks.append(encode_part0(data, signed, seal_sign(peer.seal_key, data, signed)))
    sizes = [len(blocks[0]), len(body), len(annex)]
    assert {len(block) for block in blocks} == {sizes[0]}
    node, envelope_id = peer.victim.node, peer.new_id()
    to = node.trust.current.encryption_key(node.authority, peer.victim.clock.now)
    sealed = begin_seal(node.authority, to, envelope_id, sizes, os.urandom)
    frames = [
        EnvelopeFrame(
            sealed.header, sealed.wrap, [seal_part(sealed, 0, block), seal_part(sealed, 1, body), None]
        )
        for block in blocks
    ]
    return frames, quarantined(peer.member.authority, envelope_id, 2), seal_part(sealed, 2, annex)
