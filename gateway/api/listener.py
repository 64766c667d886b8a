"""The two listeners: uvicorn servers over TLS 1.3 that leave signals, logging and the loop to the node.

A resumed session brings its certificate along without verifying it again. So no tickets are issued, and
`gateway.api.peer` looks the certificate's pin up in the trust list on every request.
"""

import asyncio
import math
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import ConfigError
from gateway.settings import ApiSection, ListenSection, PeerSection
from keys.tls import fingerprint

MAX_HEAD_BYTES = 32 * 1024
HEAD_TIMEOUT_S = 10.0
KEEP_ALIVE_S = 75
LEAVE_S = 0.5

ClientCas = Callable[[], Sequence[str]]


class Listener(uvicorn.Server):
    """A server whose socket is bound from the start. Setting `should_exit` lets `serve` drain and return."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self._socket = listening

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return int(self._socket.getsockname()[1])

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until `should_exit`; then finish the requests that were begun, within the time limit."""
        await super().serve(sockets or [self._socket])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the node, which stops both listeners together."""
        yield


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 that waits for a request's head neither for ever nor for more than `MAX_HEAD_BYTES`.

    uvicorn by itself limits only the time between an answer and the next request.
    """

    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is open: its first request must come in time."""
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Count what comes while no request's body is awaited, then parse."""
        if self.cycle is None or not self.cycle.more_body:
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("Request head too large.")
                return
            self._head_bytes += len(data)
        super().data_received(data)
        self._watch_head()

    def on_headers_complete(self) -> None:
        """A request's head is complete."""
        self._head_bytes = 0
        super().on_headers_complete()

    def shutdown(self) -> None:
        """The server drains: let an idle connection go, without waiting long for the other side's farewell.

        Who keeps a connection in a pool does not read from it; TLS would wait 30 s for the answering alert.
        """
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(LEAVE_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._forget_timer()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _forget_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class PeerProtocol(BoundedProtocol):
    """Puts the client certificate's pin into every scope: `scope["extensions"]["tls"]["client_pin"]`."""

    _client_pin: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The handshake is done, so the certificate stands for the life of the connection."""
        ssl_object = transport.get_extra_info("ssl_object")
        der = None if ssl_object is None else ssl_object.getpeercert(binary_form=True)
        self._client_pin = None if der is None else fingerprint(der)
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = {"tls": {"client_pin": self._client_pin}}


def api_server(app: ASGIApp, section: ApiSection, folder: Path) -> Listener:
    """The listener for agency systems, bound but not serving yet.

    Args:
        section: address, certificate and limits.
        folder: the node's folder, from which relative paths are taken.

    Raises:
        ConfigError: the address is taken, or certificate or key cannot be used.
    """
    context = _server_context(section, folder)
    return _listener(app, section, context, BoundedProtocol, section.request_timeout_s)


def peer_server(app: ASGIApp, section: PeerSection, folder: Path, client_ca_pems: ClientCas) -> Listener:
    """The listener for peers: only certificates of the parties' authorities get through the handshake.

    Args:
        section, folder: as for `api_server`.
        client_ca_pems: PEM of every listed authority's CAs now; asked at every handshake, so a changed trust
            list counts from the next connection on.

    Raises:
        ConfigError: as for `api_server`.
    """
    context = peer_context(section, folder, client_ca_pems)
    return _listener(app, section, context, PeerProtocol, section.request_timeout_s)


def peer_context(section: ListenSection, folder: Path, client_ca_pems: ClientCas) -> ssl.SSLContext:
    """TLS for the peers' listener, with the CAs of the moment of each handshake.

    A context can be given further CAs but none can be taken from it. Therefore each connection is moved, when
    its handshake begins, to the context made for the CAs then listed (OpenSSL looks issuers up in the
    connection's context; protocol and verification mode stay those of the outer one).
    """
    outer = _peer_side(section, folder, ())
    made: dict[tuple[str, ...], ssl.SSLContext] = {}

    def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        listed = tuple(client_ca_pems())
        if listed not in made:
            made.clear()
            made[listed] = _peer_side(section, folder, listed)
        connection.context = made[listed]

    outer.sni_callback = choose
    return outer


def _peer_side(section: ListenSection, folder: Path, pems: Sequence[str]) -> ssl.SSLContext:
    context = _server_context(section, folder)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if pems:
        context.load_verify_locations(cadata="\n".join(pems))
    return context


def _server_context(section: ListenSection, folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(folder / section.certificate, folder / section.private_key)
    except OSError as error:
        raise ConfigError(f"certificate {folder / section.certificate}: {error}") from error
    return context


def _listener(
    app: ASGIApp,
    section: ListenSection,
    context: ssl.SSLContext,
    protocol: type[HttpToolsProtocol],
    drain_s: float,
) -> Listener:
    def own_context(_config: uvicorn.Config, _default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        return context

    options: dict[str, Any] = {
        "http": protocol,
        "ws": "none",
        "workers": 1,
        "log_level": "error",
        "lifespan": "off",
        "interface": "asgi3",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": KEEP_ALIVE_S,
        "timeout_graceful_shutdown": math.ceil(drain_s),
        "ssl_context_factory": own_context,
    }
    return Listener(uvicorn.Config(app, **options), _bind(section.host, section.port))


def _bind(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listening
