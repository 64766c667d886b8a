"""Webhooks over HTTPS: `gateway.ports.hooks.HookTransport` (step K5).

The host is resolved once, every address found is checked, and the connection goes to the first of those very
addresses, so that a second answer of the resolver changes nothing. httpx's transport is used below its
client: it follows no redirect and reads no proxy from the environment. Of an answer only the head is read.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from gateway.errors import ConfigError
from gateway.ports.hooks import HookFailed, HookGone
from gateway.settings import WebhooksSection, origin_of
from gateway.wire.addresses import is_loopback, may_be_called

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)
_LIMITS = httpx.Limits(max_connections=1, max_keepalive_connections=0)
_HEADERS = {"accept-encoding": "identity", "content-type": "application/json", "user-agent": "kelisim"}


async def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a host, by the machine's resolver; raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class HttpHookTransport:
    """Posts webhooks.

    Args:
        section: allowed origins and networks, time limit, certificate authorities.
        folder: the node's folder, from which `ca` is taken.
        resolve: looks a host up.

    Raises:
        ConfigError: `ca` cannot be used.
    """

    def __init__(self, section: WebhooksSection, folder: Path, resolve: Resolve = resolve) -> None:
        self._section = section
        self._resolve = resolve
        try:
            ca = None if section.ca is None else str(folder / section.ca)
            self._context = ssl.create_default_context(cafile=ca)
        except OSError as error:
            raise ConfigError(f"webhooks.ca {section.ca}: {error}") from error
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """See `gateway.ports.hooks.HookTransport.post`."""
        try:
            async with asyncio.timeout(self._section.timeout_s):
                status = await self._post(url, headers, body)
        except _FAILURES as error:
            raise HookFailed(f"{type(error).__name__}: {error}") from error
        if status == httpx.codes.GONE:
            raise HookGone("the receiver answers 410")
        if not httpx.codes.is_success(status):
            raise HookFailed(f"the receiver answers {status}")

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        target = httpx.URL(url)
        address = await self._checked_address(url)
        opened: list[Any] = []
        request = httpx.Request(
            "POST",
            target.copy_with(host=address),
            headers={**_HEADERS, **headers, "host": target.netloc.decode("ascii")},
            content=body,
            extensions={
                "timeout": httpx.Timeout(self._section.timeout_s).as_dict(),
                "sni_hostname": target.host,
                "trace": partial(_keep, opened),
            },
        )
        transport = httpx.AsyncHTTPTransport(verify=self._context, trust_env=False, limits=_LIMITS)
        try:
            response = await transport.handle_async_request(request)
            await response.aclose()
            return response.status_code
        finally:
            await transport.aclose()
            # A request that is cut off may leave its connection open (encode/httpcore issue 1093).
            for stream in opened:
                await stream.aclose()

    async def _checked_address(self, url: str) -> str:
        """The address to connect to: one of the host's, all of which may be called."""
        try:
            origin = origin_of(url)
        except ValueError as error:
            raise HookFailed(f"the target {error}") from error
        if origin not in self._section.allowed_origins:
            raise HookFailed(f"{origin} is not allowed")
        parts = urlsplit(origin)
        found = await self._resolve(parts.hostname or "", parts.port or 0)
        plain = parts.scheme == "http"
        if not found or not all(self._may_be_called(address, plain=plain) for address in found):
            raise HookFailed(f"{parts.hostname} has an address that may not be called")
        return found[0]

    def _may_be_called(self, address: str, *, plain: bool) -> bool:
        if plain:
            return self._section.loopback_http and is_loopback(address)
        return may_be_called(address, self._section.allowed_networks)


async def _keep(opened: list[Any], event: str, info: dict[str, Any]) -> None:
    if event == "connection.connect_tcp.complete":
        opened.append(info["return_value"])
