"""The way to agency systems that want to be told: one POST, yes or no."""

from collections.abc import Mapping
from typing import Protocol

from gateway.errors import GatewayError


class HookFailed(GatewayError):
    """The webhook was not taken; the same one may be sent again."""


class HookGone(GatewayError):
    """The receiver says that it wants no more of it (410)."""


class HookTransport(Protocol):
    """Posts webhooks to the addresses that the settings allow, and nowhere else."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Hand a webhook over; returns once the receiver has answered 2xx.

        Raises:
            HookFailed, HookGone: it was not taken.
        """
