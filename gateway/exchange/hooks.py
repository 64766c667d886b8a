"""Step K5: webhooks for agency systems. Thin: a type and ids, so that content is only ever collected.

A client is told of what it may know: its clearance must reach the message when the webhook is written, and it
must be one that sees the case when the webhook leaves (`gateway.worker.courier`).
"""

from collections.abc import Mapping

import msgspec

from gateway.exchange.collect import Reader, cleared
from gateway.exchange.node import Node
from gateway.ports.clock_rows import NO_CASE, WebhookRow
from gateway.settings import ClientSection, HookEvent
from keys import instants


def hook_rows(
    node: Node,
    event: HookEvent,
    ids: Mapping[str, str],
    level: str | None,
    now: int,
    *,
    only: str | None = None,
) -> list[WebhookRow]:
    """A webhook for every client that asked for this event and may know of it.

    Args:
        ids: what the webhook names; `case` among them, unless it is about an agreement itself.
        level: level of the message it is about; None if it is about none.
        only: the one client it concerns; None if it may concern all.
    """
    rows = []
    for name, client in node.settings.clients.items():
        hooks = client.webhooks
        if hooks is None or event not in hooks.events or only not in (None, name):
            continue
        if level is None or cleared(reader_of(name, client), level):
            rows.append(_row(node, name, event, ids, now))
    return rows


def hooked(node: Node, event: HookEvent) -> bool:
    """Whether any client asked for webhooks of this event."""
    clients = node.settings.clients.values()
    return any(client.webhooks is not None and event in client.webhooks.events for client in clients)


def reader_of(name: str, client: ClientSection) -> Reader:
    """A configured client as the use cases know it."""
    return Reader(name, client.clearance, frozenset(client.caveats))


def _row(node: Node, client: str, event: HookEvent, ids: Mapping[str, str], now: int) -> WebhookRow:
    content = {"type": event, "timestamp": instants.write(now), "data": dict(ids)}
    return WebhookRow(
        webhook_id=node.entropy.uuid7(now),
        client=client,
        event=event,
        case_id=ids.get("case", NO_CASE),
        payload=msgspec.json.encode(content),
        created_ms=now,
        expires_ms=now + node.settings.webhooks.give_up_after_s * 1000,
        updated_ms=now,
    )
