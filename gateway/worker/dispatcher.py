"""The dispatcher: one lane per peer, each serial, so that messages of a case leave in their order.

A lane works while something waits for its peer and backs off, with full jitter, while the peer does not
answer. What waits is read from the store, so a crash loses nothing and a restart goes on by itself.
"""

import asyncio
from functools import partial

from audit.events import Event, FieldValue
from gateway.errors import Conflict, GatewayError
from gateway.exchange.dispatch import Delivery, deliver, send_parts
from gateway.exchange.entries import entry
from gateway.exchange.expiring import expire
from gateway.exchange.node import Node
from gateway.exchange.pushing import push_evidence
from gateway.ports.peer import PeerTransport
from gateway.ports.rows import EvidencePushed, EvidenceRow
from gateway.ports.store import Change, PendingEnvelope

MAX_FRAME_BYTES = 16 * 1024 * 1024


class Dispatcher:
    """Delivers what is queued. `wake` is called after every commit; `run` ends with `stop`."""

    def __init__(self, node: Node, transport: PeerTransport) -> None:
        self._node = node
        self._transport = transport
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._settling: set[str] = set()
        self._recording: set[asyncio.Future[None]] = set()
        self._event = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something may be waiting."""
        self._event.set()

    async def run(self) -> None:
        """Keep a lane open for every peer that something waits for."""
        while not self._stopping:
            self._event.clear()
            for peer in self._node.store.waiting_peers():
                if peer not in self._lanes:
                    lane = asyncio.ensure_future(self._lane(peer))
                    self._lanes[peer] = lane
                    lane.add_done_callback(partial(self._closed, peer))
            await self._event.wait()

    def _closed(self, peer: str, _lane: asyncio.Task[None]) -> None:
        del self._lanes[peer]
        # What was committed while the lane was closing must not wait for the next commit.
        self._event.set()

    async def stop(self) -> None:
        """Open no new round; lanes in the middle of one are cancelled: a retry is the same request."""
        self._stopping = True
        self._event.set()
        lanes = list(self._lanes.values())
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, *self._recording, return_exceptions=True)

    async def _lane(self, peer: str) -> None:
        failures = 0
        while not self._stopping:
            batch, rows = self._waiting(peer)
            if not batch and not rows:
                if not self._recording:
                    return
                await asyncio.wait(self._recording, return_when=asyncio.FIRST_COMPLETED)
                continue
            try:
                settled = await self._round(peer, batch, rows)
            except GatewayError as error:
                self._node.log.warning("dispatch.failed", peer=peer, cause=f"{type(error).__name__}: {error}")
                settled = False
            except Exception as error:  # noqa: BLE001 - a defect must not end the lane, or it would spin
                cause = repr(error)
                self._node.log.error("dispatch.defect", alert=True, peer=peer, cause=cause)  # noqa: TRY400
                settled = False
            if settled:
                failures = 0
                continue
            failures += 1
            await self._node.clock.sleep(self._backoff_s(failures))

    def _waiting(self, peer: str) -> tuple[list[PendingEnvelope], list[EvidenceRow]]:
        limit = self._node.settings.exchange.batch_envelopes
        found = self._node.store.queued_envelopes(peer, limit + len(self._settling))
        batch = [one for one in found if one.envelope.envelope_id not in self._settling]
        return _within_frame(batch[:limit]), self._node.store.unpushed_evidence(peer, limit)

    def _backoff_s(self, failures: int) -> float:
        """Full jitter: uniform below an exponentially growing bound."""
        limits = self._node.settings.exchange
        bound = min(limits.retry_max_s, limits.retry_first_s * 2.0 ** min(failures - 1, 20))
        return bound * self._node.entropy.fraction()

    async def _round(self, peer: str, batch: list[PendingEnvelope], rows: list[EvidenceRow]) -> bool:
        settled = True
        now = self._node.clock.now_ms()
        live = [one for one in batch if one.envelope.expires_ms > now]
        for one in batch:
            if one.envelope.expires_ms <= now:
                await expire(self._node, self._transport, peer, one)
        for one in live:
            await send_parts(self._node, self._transport, peer, one)
        if live:
            delivery = await deliver(self._node, self._transport, peer, live)
            settled = delivery.settled
            self._record_meanwhile(live, delivery)
        if rows:
            settled = await self._push(peer, rows) and settled
        return settled

    def _record_meanwhile(self, batch: list[PendingEnvelope], delivery: Delivery) -> None:
        """Let the commit of one answer overlap with the next request; what settles is not sent again."""
        ids = {one.envelope.envelope_id for one in batch}
        self._settling |= ids
        recording = asyncio.ensure_future(delivery.recorded)
        self._recording.add(recording)

        def done(finished: asyncio.Future[None]) -> None:
            self._settling -= ids
            self._recording.discard(finished)
            if not finished.cancelled() and finished.exception() is not None:
                self._node.log.warning("dispatch.not_recorded", cause=repr(finished.exception()))
            self._event.set()

        recording.add_done_callback(done)

    async def _push(self, peer: str, rows: list[EvidenceRow]) -> bool:
        now = self._node.clock.now_ms()
        live = [row for row in rows if row.expires_ms > now]
        if live and not await push_evidence(self._node, self._transport, peer, live):
            return False
        for row in rows:
            event = Event.EVIDENCE_SENT if row.expires_ms > now else Event.EVIDENCE_EXPIRED
            await self._record_pushed(peer, row, event, now)
        return True

    async def _record_pushed(self, peer: str, row: EvidenceRow, event: Event, now: int) -> None:
        fields: dict[str, FieldValue] = {
            "peer": peer,
            "authority": row.authority,
            "message": row.message_id,
            "manifest": row.manifest_digest,
            "evidence": row.event,
        }
        pushed = EvidencePushed(
            authority=row.authority,
            message_id=row.message_id,
            manifest_digest=row.manifest_digest,
            event=row.event,
            giver=row.giver,
            receiver=row.receiver,
            pushed=1,
        )
        entries = (entry(self._node, event, now, fields, row.message_id),)
        try:
            await self._node.journal.record(Change((pushed,), entries))
        except Conflict:
            self._node.log.warning("evidence.gone", message=row.message_id)


def _within_frame(batch: list[PendingEnvelope]) -> list[PendingEnvelope]:
    """The first envelopes that fit one request; at least one."""
    taken: list[PendingEnvelope] = []
    total = 0
    for pending in batch:
        total += sum(len(part.ciphertext) for part in pending.parts if part.ciphertext is not None)
        if taken and total > MAX_FRAME_BYTES:
            break
        taken.append(pending)
    return taken
