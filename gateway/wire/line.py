"""The connections to one peer, the server's certificate pinned."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

import h11

from gateway.errors import PeerUnreachable
from gateway.wire.connection import PeerConnection
from keys.trust_entries import Gateway

MAX_CONNECTIONS = 8
# Below the listener's keep-alive, so that it is the caller who lets an idle connection go.
KEEP_ALIVE_S = 30.0
HTTPS_PORT = 443
HTTP_OK = 200
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

    Args:
        gateway: address and pins.
        context: see `client_context`.
        timeout_s: the longest wait for a connection, and for any progress on it.
        is_current: whether the trust list still describes the peer so; asked before every use.

    Raises:
        PeerUnreachable: the peer's address is none that can be called.
    """

    def __init__(
        self, gateway: Gateway, context: ssl.SSLContext, timeout_s: float, is_current: Callable[[], bool]
    ) -> None:
        self.gateway = gateway
        self.closed = False
        self._is_current = is_current
        self._context = context
        self._timeout_s = timeout_s
        self._host, self._port, self._authority, self._base = _address(gateway.url)
        self._room = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: list[PeerConnection] = []
        self._open: set[PeerConnection] = set()

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
            h11.ProtocolError, OSError: there was no answer.
        """
        length = {"content-length": str(len(content))} if isinstance(content, bytes) else {}
        whole = {"host": self._authority, **_HEADERS, **length, **headers}
        async with self._room:
            connection = await self._connection()
            try:
                response, body = await connection.exchange(
                    method, self._base + path, whole, content, limit_bytes
                )
                self._require_pinned(connection)  # it may have been withdrawn while the answer was on its way
                _require_usable(response, media_type)
            except BaseException:
                self._drop(connection)
                raise
            self._keep(connection)
            return body

    async def _connection(self) -> PeerConnection:
        """A connection with the pinned certificate, before the first byte of a request is written to it."""
        self.require_current()
        now = asyncio.get_running_loop().time()
        while self._idle:
            kept = self._idle.pop()
            if kept.usable and now - kept.idle_since < KEEP_ALIVE_S:
                self._require_pinned(kept)
                return kept
            self._drop(kept)
        connection = await PeerConnection.open(self._host, self._port, self._context, self._timeout_s)
        self._open.add(connection)
        try:
            self._require_pinned(connection)
        except UntrustedServer:
            self._open.discard(connection)
            await connection.aclose()
            raise
        return connection

    def _keep(self, connection: PeerConnection) -> None:
        if self.closed or not connection.usable:
            self._drop(connection)
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)

    def _drop(self, connection: PeerConnection) -> None:
        self._open.discard(connection)
        connection.abort()

    def require_current(self) -> None:
        """Raise `UntrustedServer` if the line is closed or the trust list has changed about this peer."""
        if self.closed or not self._is_current():
            raise UntrustedServer("the trust list has changed")

    async def aclose(self) -> None:
        """Drop the connections; requests on them fail."""
        self.closed = True
        idle, self._idle = self._idle, []
        for connection in self._open.difference(idle):
            connection.abort()
        self._open.clear()
        await asyncio.gather(*(connection.aclose() for connection in idle))

    def _require_pinned(self, connection: PeerConnection) -> None:
        self.require_current()
        if connection.pin is None or connection.pin not in self.gateway.server_pins:
            raise UntrustedServer("the server's certificate is not the pinned one")


def _address(url: str) -> tuple[str, int, str, str]:
    """Host, port, `Host` header and path of a peer's address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or HTTPS_PORT
    except ValueError as error:
        raise PeerUnreachable("the peer's address is none") from error
    if parts.scheme != "https" or not host:
        raise PeerUnreachable("the peer's address is not https")
    return host, port, parts.netloc.rpartition("@")[2], parts.path.rstrip("/")


def _require_usable(response: h11.Response, media_type: str) -> None:
    if response.status_code != HTTP_OK:
        raise PeerUnreachable(f"the peer answers {response.status_code}")
    headers = dict(response.headers)
    if headers.get(b"content-type") != media_type.encode() or b"content-encoding" in headers:
        raise PeerUnreachable("the peer's answer is of another type")
