"""Small chores on a timer: drop what has served, sweep abandoned uploads, destroy keys of ended epochs."""

from collections.abc import Callable

from gateway.errors import StoreUnavailable
from gateway.exchange.node import Node
from gateway.exchange.quarantine import sweep_quarantine
from gateway.exchange.uploads import sweep_uploads

EVERY_S = 60
ABANDONED_MS = 24 * 3600 * 1000


async def keep_up(node: Node, destroy_keys: Callable[[int], tuple[str, ...]]) -> None:
    """Run the chores until cancelled.

    Args:
        destroy_keys: destroys the encryption keys whose time has come by an instant; returns their ids.
    """
    while True:
        now = node.clock.now_ms()
        try:
            node.store.prune(now)
            sweep_quarantine(node, now - ABANDONED_MS)
            await sweep_uploads(node, now - ABANDONED_MS)
            for kid in destroy_keys(now):
                node.log.info("key.destroyed", key=kid)
        except (StoreUnavailable, OSError) as error:
            node.log.warning("upkeep.failed", cause=str(error))
        await node.clock.sleep(EVERY_S)
