"""The connections to one peer: HTTP/1.1 over mutual TLS 1.3, the server's certificate pinned.

httpx's transport is used below its client, so that there is nothing to switch off: it follows no redirect,
keeps no cookie, reads no proxy or certificate from the environment and decodes no content.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import httpx

from gateway.errors import PeerUnreachable
from keys.tls import fingerprint
from keys.trust_entries import Gateway

MAX_CONNECTIONS = 8
# Below the listener's keep-alive, so that it is the caller who lets an idle connection go.
KEEP_ALIVE_S = 30.0
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_HEADERS = {"accept-encoding": "identity", "user-agent": "kelisim"}


class UntrustedServer(PeerUnreachable):
    """Somebody answers at the peer's address with a certificate that the trust list does not pin."""


def client_context(ca: tuple[str, ...], certificate: str, private_key: str) -> ssl.SSLContext:
    """TLS for calling one peer: 1.3 only, its authorities only, our certificate shown.

    Args:
        ca: PEM of the peer's certificate authorities; with none, no server is accepted.
        certificate, private_key: our PEM files.

    Raises:
        OSError: a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if ca:
        context.load_verify_locations(cadata="\n".join(ca))
    context.load_cert_chain(certificate, private_key)
    return context


class PeerLine:
    """A peer's gateway as one state of the trust list describes it; another state needs another line.

    A request that is cut off ends the line, and the next one takes a new line: httpcore's pool may keep the
    connection of a cancelled request for ever, and only a new pool recovers (encode/httpcore issue 1093).

    Args:
        gateway: address and pins.
        context: see `client_context`.
        timeout_s: the longest wait for a connection, and for any progress on it.
        is_current: whether the trust list still describes the peer so; asked before every use.
    """

    def __init__(
        self, gateway: Gateway, context: ssl.SSLContext, timeout_s: float, is_current: Callable[[], bool]
    ) -> None:
        self.gateway = gateway
        self.closed = False
        self._is_current = is_current
        self._base = httpx.URL(gateway.url)
        if self._base.scheme != "https":
            raise PeerUnreachable("the peer's address is not https")
        self._timeout = httpx.Timeout(timeout_s).as_dict()
        limits = httpx.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_S,
        )
        self._transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        media_type: str,
        limit_bytes: int,
        headers: Mapping[str, str] = _NO_HEADERS,
        content: bytes | AsyncIterator[bytes] = b"",
    ) -> bytes:
        """Make one request and return the body of its answer.

        Args:
            media_type: what the answer must be.
            limit_bytes: how long it may be.

        Raises:
            PeerUnreachable: any answer but 200 of that type and length.
            httpx.HTTPError, OSError: there was no answer.
        """
        opened: list[Any] = []
        url = self._base.copy_with(raw_path=(self._base.path.rstrip("/") + path).encode())
        request = httpx.Request(
            method,
            url,
            headers={**_HEADERS, **headers},
            content=content,
            extensions={"timeout": self._timeout, "trace": partial(self._trace, opened)},
        )
        self.require_current()
        try:
            return await self._answer(request, media_type, limit_bytes)
        except PeerUnreachable:
            raise
        except BaseException:
            await self.aclose()
            for stream in opened:
                await stream.aclose()
            raise

    async def _answer(self, request: httpx.Request, media_type: str, limit_bytes: int) -> bytes:
        response = await self._transport.handle_async_request(request)
        try:
            self._require_pinned(response.extensions["network_stream"])
            _require_usable(response, media_type)
            return await _read(response, limit_bytes)
        finally:
            await response.aclose()

    def require_current(self) -> None:
        """Raise `UntrustedServer` if the line is closed or the trust list has changed about this peer."""
        if self.closed or not self._is_current():
            raise UntrustedServer("the trust list has changed")

    async def aclose(self) -> None:
        """Drop the connections; requests on them fail."""
        self.closed = True
        await self._transport.aclose()

    async def _trace(self, opened: list[Any], event: str, info: dict[str, Any]) -> None:
        """Check the pin of a new connection before the first byte of a request is written to it."""
        if event == "connection.connect_tcp.complete":
            opened.append(info["return_value"])
        elif event == "connection.start_tls.complete":
            try:
                self._require_pinned(info["return_value"])
            except UntrustedServer:
                await info["return_value"].aclose()
                raise

    def _require_pinned(self, stream: Any) -> None:
        self.require_current()
        ssl_object = stream.get_extra_info("ssl_object")
        der = None if ssl_object is None else ssl_object.getpeercert(binary_form=True)
        if der is None or fingerprint(der) not in self.gateway.server_pins:
            raise UntrustedServer("the server's certificate is not the pinned one")


def _require_usable(response: httpx.Response, media_type: str) -> None:
    if response.status_code != httpx.codes.OK:
        raise PeerUnreachable(f"the peer answers {response.status_code}")
    if response.headers.get("content-type") != media_type or "content-encoding" in response.headers:
        raise PeerUnreachable("the peer's answer is of another type")


async def _read(response: httpx.Response, limit_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limit_bytes:
            raise PeerUnreachable(f"the peer's answer is longer than {limit_bytes} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
