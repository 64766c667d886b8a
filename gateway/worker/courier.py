"""Step K5: the courier takes webhooks to agency systems, one lane per client.

A webhook that is not taken is tried again, with full jitter below a doubling bound, until its time ends;
others go past it meanwhile. What waits is read from the store, so a crash loses nothing; a webhook that was
taken just before one comes once more, under the same id.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from audit.events import Event, FieldValue
from gateway.errors import Conflict, GatewayError
from gateway.exchange.entries import entry
from gateway.exchange.hooks import reader_of
from gateway.exchange.node import Node
from gateway.exchange.visibility import sees_case
from gateway.ports.clock_rows import WebhookRow, WebhookSettled
from gateway.ports.hooks import HookFailed, HookGone, HookTransport
from gateway.ports.store import Change
from gateway.worker.alarm import Alarm
from keys.webhooks import WebhookSecret

MAX_WAITING = 256
DEFECT_S = 60.0


class Courier:
    """Delivers webhooks. `wake` is called after every commit; `run` ends with `stop`.

    Args:
        secrets: the secret of every client that has webhooks.
    """

    def __init__(self, node: Node, transport: HookTransport, secrets: Mapping[str, WebhookSecret]) -> None:
        self._node = node
        self._transport = transport
        self._secrets = secrets
        self._alarm = Alarm(node.clock)
        self._lanes: dict[str, tuple[Alarm, asyncio.Task[None]]] = {}

    def wake(self) -> None:
        """Something may be waiting."""
        self._alarm.ring()

    async def run(self) -> None:
        """Keep a lane open for every client for whom a webhook waits."""
        while True:
            for client in self._node.store.hooked_clients():
                if client in self._lanes:
                    self._lanes[client][0].ring()
                    continue
                alarm = Alarm(self._node.clock)
                lane = asyncio.ensure_future(self._lane(client, alarm))
                self._lanes[client] = alarm, lane
                lane.add_done_callback(partial(self._closed, client))
            await self._alarm.wait(None)

    def _closed(self, client: str, _lane: asyncio.Task[None]) -> None:
        del self._lanes[client]
        self._alarm.ring()

    async def stop(self) -> None:
        """Break off; what was not taken goes on waiting."""
        lanes = [lane for _, lane in self._lanes.values()]
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)

    async def _lane(self, client: str, alarm: Alarm) -> None:
        tries: dict[str, tuple[int, int]] = {}
        while True:
            waiting = self._node.store.waiting_webhooks(client, MAX_WAITING)
            if not waiting:
                return
            now = self._node.clock.now_ms()
            ready = [row for row in waiting if tries.get(row.webhook_id, (0, 0))[1] <= now]
            try:
                for row in ready:
                    await self._try(row, tries)
            except GatewayError as error:
                self._node.log.warning("webhook.not_settled", client=client, cause=str(error))
                await alarm.wait(DEFECT_S)
            except Exception as error:  # noqa: BLE001 - a defect must not end the lane, or it would spin
                cause = repr(error)
                self._node.log.error("webhook.defect", alert=True, client=client, cause=cause)  # noqa: TRY400
                await self._node.clock.sleep(DEFECT_S)
            if not ready:
                next_ms = min(tries[row.webhook_id][1] for row in waiting)
                await alarm.wait((next_ms - now) / 1000)

    async def _try(self, row: WebhookRow, tries: dict[str, tuple[int, int]]) -> None:
        now = self._node.clock.now_ms()
        attempts = tries.get(row.webhook_id, (0, 0))[0] + 1
        reason = self._obstacle(row, now)
        if reason is None:
            try:
                await self._post(row, now)
            except HookGone:
                reason = "gone"
            except HookFailed as error:
                self._node.log.warning("webhook.not_taken", client=row.client, cause=str(error))
                # A try must not outlive the webhook, or its end would be told a whole wait too late.
                left_s = max(0.0, (row.expires_ms - now) / 1000)
                wait_s = min(self._backoff_s(attempts), left_s)
                tries[row.webhook_id] = attempts, self._node.clock.now_ms() + round(wait_s * 1000)
                return
        else:
            attempts -= 1
        tries.pop(row.webhook_id, None)
        await self._settle(row, attempts, reason)

    def _obstacle(self, row: WebhookRow, now: int) -> str | None:
        """Why a webhook must not leave, or None. What the client may not know of is not sent to it."""
        client = self._node.settings.clients.get(row.client)
        if client is None or client.webhooks is None or row.client not in self._secrets:
            return "not_configured"
        if row.expires_ms <= now:
            return "expired"
        if not sees_case(self._node, reader_of(row.client, client), row.case_id):
            return "not_cleared"
        return None

    async def _post(self, row: WebhookRow, now: int) -> None:
        hooks = self._node.settings.clients[row.client].webhooks
        if hooks is None:
            raise HookGone("the client has no webhooks")
        headers = self._secrets[row.client].headers(row.webhook_id, now // 1000, row.payload)
        await self._transport.post(hooks.url, headers, row.payload)

    async def _settle(self, row: WebhookRow, attempts: int, reason: str | None) -> None:
        now = self._node.clock.now_ms()
        fields: dict[str, FieldValue] = {
            "webhook": row.webhook_id,
            "client": row.client,
            "act": row.event,
            "case": row.case_id,
            "attempts": attempts,
        }
        event = Event.WEBHOOK_DELIVERED
        if reason is not None:
            event, fields["reason"] = Event.WEBHOOK_FAILED, reason
        settled = WebhookSettled(
            webhook_id=row.webhook_id,
            expected="waiting",
            state="delivered" if reason is None else "failed",
            updated_ms=now,
        )
        try:
            await self._node.journal.record(Change((settled,), (entry(self._node, event, now, fields),)))
        except Conflict:
            self._node.log.info("webhook.settled_meanwhile", webhook=row.webhook_id)

    def _backoff_s(self, attempts: int) -> float:
        """Full jitter: uniform below an exponentially growing bound, but never at once again."""
        section = self._node.settings.webhooks
        bound = min(section.retry_max_s, section.retry_first_s * 2.0 ** min(attempts - 1, 20))
        return max(0.05, bound * self._node.entropy.fraction())
