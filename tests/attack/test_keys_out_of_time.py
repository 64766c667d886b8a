"""Keys that were revoked, replaced or never good enough: what they seal now does not count."""

from typing import Any

import msgspec

from gateway.exchange.frames import DeliverResult
from keys import instants
from keys.jwk import SigningKey, Usage
from tests.support.hostile import HOUR_MS, Hostile, Victim, remade, run, salted_body

UNPROCESSABLE = DeliverResult("unprocessable", [])


def test_a_revoked_seal_key_that_backdates_is_refused(victim: Victim, peer: Hostile) -> None:
    body, then = salted_body(), victim.clock.now
    frame = peer.envelope(peer.manifest(body), [body])
    victim.clock.now += HOUR_MS // 2
    revoked = [altered(key, revoked_at=instants.write(victim.clock.now)) for key in peer.entry.seal_keys]

    async def story() -> None:
        await victim.relist("ru/mia", seal_keys=tuple(revoked))
        victim.clock.now += 1000
        assert await peer.deliver(frame) == [UNPROCESSABLE]
        late = peer.manifest(body, created=instants.write(then), expires=instants.write(then + HOUR_MS))
        assert await peer.deliver(peer.envelope(late, [body])) == [UNPROCESSABLE]

    run(story())


def test_a_revoked_officials_signature_is_refused(victim: Victim, peer: Hostile) -> None:
    frame = peer.request()
    victim.clock.now += 60_000
    gone = [altered(one, revoked_at=instants.write(victim.clock.now)) for one in peer.entry.officials]

    async def story() -> None:
        await victim.relist("ru/mia", officials=tuple(gone))
        victim.clock.now += 1000
        assert await peer.deliver(frame) == [UNPROCESSABLE]

    run(story())


def test_a_message_accepted_before_the_revocation_keeps_its_evidence(victim: Victim, peer: Hostile) -> None:
    body = salted_body()
    manifest = peer.manifest(body)
    frame = peer.envelope(manifest, [body])

    async def story() -> None:
        (first,) = await peer.deliver(frame)
        victim.clock.now += 60_000
        revoked = [altered(k, revoked_at=instants.write(victim.clock.now)) for k in peer.entry.seal_keys]
        await victim.relist("ru/mia", seal_keys=tuple(revoked))
        victim.clock.now += 1000
        assert await peer.deliver(frame) == [first]
        other = remade(manifest, purpose="another")
        assert await peer.deliver(peer.envelope(other, [body])) == [UNPROCESSABLE]

    run(story())


def test_an_envelope_sealed_anew_after_a_key_change_is_the_same_message(
    victim: Victim, peer: Hostile
) -> None:
    """Identity is (sealing authority, id, manifest digest): neither the seal key nor the envelope's id."""
    body = salted_body()
    manifest = peer.manifest(body)
    new_key = SigningKey.generate(Usage.SEAL)

    async def story() -> None:
        (first,) = await peer.deliver(peer.envelope(manifest, [body]))
        unlisted = await peer.deliver(peer.envelope(peer.manifest(body), [body], seal_key=new_key))
        assert unlisted == [UNPROCESSABLE]
        (old,) = peer.entry.seal_keys
        added = altered(old, jwk=new_key.public.to_jwk())
        await victim.relist("ru/mia", seal_keys=(old, added))
        again = peer.envelope(manifest, [body], seal_key=new_key)
        assert await peer.deliver(again) == [first]

    run(story())
    assert len(victim.node.store.inbox(0, 10)) == 1


def test_an_old_seal_key_seals_nothing_after_its_time(victim: Victim, peer: Hostile) -> None:
    (old,) = peer.entry.seal_keys
    new_key = SigningKey.generate(Usage.SEAL)
    ended = altered(old, to=instants.write(victim.clock.now + 60_000))
    new = altered(old, jwk=new_key.public.to_jwk())

    async def story() -> None:
        await victim.relist("ru/mia", seal_keys=(ended, new))
        assert (await peer.deliver(peer.request()))[0].outcome == "accepted"
        victim.clock.now += 61_000
        body = salted_body()
        assert await peer.deliver(peer.request()) == [UNPROCESSABLE]
        renewed = peer.envelope(peer.manifest(body), [body], seal_key=new_key)
        assert (await peer.deliver(renewed))[0].outcome == "accepted"

    run(story())


def test_a_suite_below_our_floor_is_refused(victim: Victim, peer: Hostile) -> None:
    async def story() -> None:
        frame = peer.request()
        await victim.relist("kz/mia", min_suite=2)
        assert await peer.deliver(frame) == [UNPROCESSABLE]

    run(story())


def altered(entry: Any, **changes: object) -> Any:
    return msgspec.structs.replace(entry, **changes)
