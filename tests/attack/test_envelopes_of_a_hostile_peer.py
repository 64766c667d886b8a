"""A peer with valid keys seals what it must not: whatever fails, it sees one answer and nothing is kept."""

from collections.abc import Callable

import msgspec
import pytest

from audit.events import Event
from gateway.errors import EnvelopeRejected
from gateway.exchange.frames import DeliverRequest, DeliverResult, EnvelopeFrame, LogView, pack
from gateway.exchange.manifest import encode_manifest
from keys import b64, canonical
from keys.encryption import EncryptionPrivateKey
from keys.jwk import SigningKey, Usage
from keys.signature_block import encode_part0
from keys.signatures import official_sign, seal_sign
from tests.support.hostile import Hostile, Victim, run, salted_body

UNPROCESSABLE = DeliverResult("unprocessable", [])
Forge = Callable[[Hostile], EnvelopeFrame]
FORGERIES: dict[str, Forge] = {}


def forgery(make: Forge) -> Forge:
    FORGERIES[make.__name__] = make
    return make


def test_a_lawful_envelope_of_the_same_making_is_accepted(victim: Victim, peer: Hostile) -> None:
    """The control: what the forgeries below change is all that is wrong with them."""
    frame = peer.request("canary-of-the-control")
    (result,) = run(peer.deliver(frame))
    assert (result.outcome, len(result.evidence)) == ("accepted", 2)
    assert frame.parts[1] in victim.bytes_at_rest()
    assert b"canary-of-the-control" not in victim.bytes_at_rest()


@forgery
def sealed_by_a_strangers_key(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body), [body], seal_key=SigningKey.generate(Usage.SEAL))


@forgery
def readdressed_to_us_by_its_recipient(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body, recipients=["tm/mia"]), [body])


@forgery
def wrapped_for_another_recipient(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body), [body], recipient="tm/mia")


@forgery
def wrapped_with_our_key_in_anothers_name(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    ours = peer.victim.node.trust.current.encryption_key("kz/mia", peer.victim.clock.now)
    return peer.envelope(peer.manifest(body), [body], recipient="tm/mia", key=ours)


@forgery
def wrapped_for_an_epoch_that_is_over(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    gone = EncryptionPrivateKey.generate()
    return peer.envelope(peer.manifest(body), [body], key=gone.public)


@forgery
def in_the_name_of_another_authority(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body, sender="tm/mia", originator="tm/mia"), [body])


@forgery
def officials_signature_stripped(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body), [body], official=None)


@forgery
def officials_signature_stripped_and_the_old_seal_kept(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    data = encode_manifest(peer.manifest(body, signatory=None))
    seal = seal_sign(peer.seal_key, data, official_sign(peer.member.head, data))
    return peer.wrapped(encode_part0(data, None, seal), [body])


@forgery
def officials_signature_of_another_manifest(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    other = official_sign(peer.member.head, encode_manifest(peer.manifest(body)))
    return peer.envelope(peer.manifest(body), [body], official=other)


@forgery
def signed_by_the_deputy_in_the_name_of_the_head(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    manifest = peer.manifest(body)
    return peer.envelope(
        manifest, [body], official=official_sign(peer.member.deputy, encode_manifest(manifest))
    )


@forgery
def attachments_swapped(peer: Hostile) -> EnvelopeFrame:
    body, first, second = salted_body(), bytes(16) + b"a" * 100, bytes(16) + b"b" * 100
    return peer.envelope(peer.manifest(body, (first, second)), [body, second, first])


@forgery
def ciphertexts_swapped(peer: Hostile) -> EnvelopeFrame:
    body, first, second = salted_body(), bytes(16) + b"a" * 100, bytes(16) + b"b" * 100
    frame = peer.envelope(peer.manifest(body, (first, second)), [body, first, second])
    return _with(frame, parts=[frame.parts[0], frame.parts[1], frame.parts[3], frame.parts[2]])


@forgery
def a_part_of_another_envelope(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    frames = [peer.envelope(peer.manifest(body), [body]) for _ in range(2)]
    return _with(frames[0], parts=[frames[0].parts[0], frames[1].parts[1]])


@forgery
def a_part_less_than_the_header_states(peer: Hostile) -> EnvelopeFrame:
    body, annex = salted_body(), bytes(16) + b"annex"
    frame = peer.envelope(peer.manifest(body, (annex,)), [body, annex])
    return _with(frame, parts=frame.parts[:2])


@forgery
def a_part_more_than_the_manifest_has(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body), [body, bytes(16) + b"smuggled"])


@forgery
def unknown_suite_in_the_header(peer: Hostile) -> EnvelopeFrame:
    frame = peer.request()
    header = msgspec.json.decode(frame.header) | {"suite": 2}
    return _with(frame, header=canonical.encode(header))


@forgery
def unknown_suite_in_the_manifest(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: data.replace(b'"suite":1', b'"suite":2'))


@forgery
def unknown_version_of_the_manifest(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: data.replace(b'"v":1', b'"v":2'))


@forgery
def duplicate_keys(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: data.replace(b'"v":1', b'"v":1,"v":1'))


@forgery
def members_out_of_order(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: b'{"v":1,' + data[1:].replace(b',"v":1', b""))


@forgery
def space_between_members(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: data.replace(b",", b", ", 1))


@forgery
def a_member_nobody_knows(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: data[:-1] + b',"zz":1}')


@forgery
def a_member_of_another_type(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: data.replace(b'"caveats":[]', b'"caveats":{}'))


@forgery
def nested_deeper_than_any_stack(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: data.replace(b'"caveats":[]', b'"caveats":' + b"[" * 9999 + b"]" * 9999))


@forgery
def no_json_at_all(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda _data: b"\xff\xfe\x00")


@forgery
def an_id_that_ends_in_a_newline(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body, id=peer.new_id() + "\n"), [body])


@forgery
def a_case_id_that_ends_in_a_newline(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body, case=peer.new_id() + "\n"), [body])


@forgery
def a_pack_of_another_form(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body, pack="kz-ru-mvd-2008@1#x\n"), [body])


@forgery
def an_oversized_field(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    return peer.envelope(peer.manifest(body, purpose="x" * 301), [body])


@forgery
def an_oversized_manifest(peer: Hostile) -> EnvelopeFrame:
    return _raw(peer, lambda data: data[:-1] + b',"zz":"' + b"x" * 300_000 + b'"}')


@forgery
def a_body_that_is_none(peer: Hostile) -> EnvelopeFrame:
    body = bytes(16) + b'{"elements":{},"elements":{}}'
    return peer.envelope(peer.manifest(body), [body])


@forgery
def a_block_with_padded_base64(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    data = encode_manifest(peer.manifest(body))
    data += b"" if len(data) % 3 else b" "
    signed = official_sign(peer.member.head, data)
    members = {
        "manifest": b64.encode(data),
        "official": signed,
        "seal": seal_sign(peer.seal_key, data, signed),
    }
    members["manifest"] += "=" * (-len(members["manifest"]) % 4)
    return peer.wrapped(canonical.encode(members), [body])


@forgery
def a_seal_with_padded_base64(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    data = encode_manifest(peer.manifest(body))
    signed = official_sign(peer.member.head, data)
    return peer.envelope(data, [body], seal=seal_sign(peer.seal_key, data, signed) + "=")


@forgery
def an_officials_key_as_seal_key(peer: Hostile) -> EnvelopeFrame:
    body = salted_body()
    data = encode_manifest(peer.manifest(body))
    signed = official_sign(peer.member.head, data)
    return peer.envelope(data, [body], official=signed, seal=signed)


@forgery
def a_wrap_with_one_bit_flipped(peer: Hostile) -> EnvelopeFrame:
    frame = peer.request()
    return _with(frame, wrap=bytes([frame.wrap[0] ^ 1]) + frame.wrap[1:])


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_gets_the_one_answer_and_leaves_nothing(victim: Victim, peer: Hostile, name: str) -> None:
    frame = FORGERIES[name](peer)
    before = len(victim.leaves())
    (result,) = run(peer.deliver(frame))
    assert result == UNPROCESSABLE
    new = victim.leaves()[before:]
    assert [leaf.event for leaf in new] == [Event.PEER_REJECTED]
    assert set(new[0].fields) == {"peer", "content"}
    rest = victim.bytes_at_rest()
    assert not [part for part in frame.parts if part is not None and part in rest]
    assert not victim.node.store.inbox(0, 10)


def test_a_forgery_does_not_harm_its_neighbours_in_the_frame(victim: Victim, peer: Hostile) -> None:
    forged = [make(peer) for make in FORGERIES.values()]
    lawful = [peer.request(), peer.request()]
    results = run(peer.deliver(lawful[0], *forged, lawful[1]))
    assert [one.outcome for one in results] == ["accepted", *["unprocessable"] * len(forged), "accepted"]


def test_every_kind_of_forgery_is_answered_alike(victim: Victim, peer: Hostile) -> None:
    """The answer's bytes do not tell one cryptographic failure from another."""

    async def lengths() -> set[int]:
        found = set()
        for make in list(FORGERIES.values())[:8]:
            answer = await peer.ask(make(peer))
            found.add(len(msgspec.msgpack.encode(answer.results)))
        return found

    assert len(run(lengths())) == 1


def test_sixty_five_envelopes_are_no_frame(victim: Victim, peer: Hostile) -> None:
    frame = peer.request()
    with pytest.raises(EnvelopeRejected):
        run(peer.deliver(*[frame] * 65))
    assert not victim.logged(Event.MESSAGE_RECEIVED)


def test_sixty_four_copies_of_one_envelope_are_one_message(victim: Victim, peer: Hostile) -> None:
    frame = peer.request()
    results = run(peer.deliver(*[frame] * 64))
    assert {one.outcome for one in results} == {"accepted"}
    assert len({tuple(one.evidence) for one in results}) == 1
    assert len(victim.node.store.inbox(0, 10)) == 1


@pytest.mark.parametrize(
    "frame",
    [b"", b"\xc1", b"\x80", b"\xdd\xff\xff\xff\xff", b"\x91" * 5000, msgspec.msgpack.encode({"v": 1}), b"{}"],
    ids=["empty", "reserved", "no members", "huge array", "deep", "members missing", "json"],
)
def test_bytes_that_are_no_frame_are_refused(victim: Victim, peer: Hostile, frame: bytes) -> None:
    before = len(victim.leaves())
    with pytest.raises(EnvelopeRejected):
        run(peer.send(frame))
    assert len(victim.leaves()) == before


def test_a_frame_in_anothers_name_is_refused(victim: Victim, peer: Hostile, third: Hostile) -> None:
    async def story() -> None:
        frame = pack(DeliverRequest(1, "tm/mia", "kz/mia", LogView(b"", [], []), [peer.request()]))
        with pytest.raises(EnvelopeRejected):
            await peer.send(frame)
        other = pack(DeliverRequest(1, "ru/mia", "tm/mia", LogView(b"", [], []), [peer.request()]))
        with pytest.raises(EnvelopeRejected):
            await peer.send(other)

    run(story())
    assert not victim.logged(Event.MESSAGE_RECEIVED)


def _with(frame: EnvelopeFrame, **changes: object) -> EnvelopeFrame:
    return msgspec.structs.replace(frame, **changes)


def _raw(peer: Hostile, change: Callable[[bytes], bytes]) -> EnvelopeFrame:
    """A lawful manifest's bytes changed before they are signed and sealed properly."""
    body = salted_body()
    data = encode_manifest(peer.manifest(body))
    made = change(data)
    assert made != data
    return peer.envelope(made, [body])
