"""Step K2: the scan of clocks. It sleeps to the next instant at which one is due, at most a minute.

A clock that starts meanwhile is due in a minute at the earliest, so no commit has to wake the scan.
"""

from gateway.errors import GatewayError
from gateway.exchange.firing import fire_due
from gateway.exchange.node import Node

EVERY_S = 60.0
LEAST_S = 0.05


async def scan_clocks(node: Node) -> None:
    """Fire what is due, until cancelled."""
    while True:
        await node.clock.sleep(await scan_once(node))


async def scan_once(node: Node, every_s: float = EVERY_S) -> float:
    """Fire what is due now; returns the seconds to the next look, at most `every_s`."""
    try:
        fired = await fire_due(node)
        next_ms = node.store.next_wake_ms()
    except GatewayError as error:
        node.log.warning("clocks.not_scanned", cause=f"{type(error).__name__}: {error}")
        return every_s
    left_s = every_s if next_ms is None else (next_ms - node.clock.now_ms()) / 1000
    if left_s <= 0 and not fired:
        return every_s
    return min(every_s, max(LEAST_S, left_s))
