"""`kelisim serve`: one process, one event loop with both listeners, the dispatcher and the only writer."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

from gateway.api.app import build_app
from gateway.api.identity import ApiClient, ApiIdentity
from gateway.api.listener import api_server, peer_server
from gateway.api.peer import build_peer_app
from gateway.bootstrap.building import Built, build_node, log_stop
from gateway.bootstrap.hooks import read_hook_secrets
from gateway.bootstrap.logs import make_logger
from gateway.bootstrap.publickeys import read_public_key
from gateway.settings import load_settings
from gateway.wire.hooks import HttpHookTransport
from gateway.wire.transport import HttpPeerTransport
from gateway.worker.courier import Courier
from gateway.worker.dispatcher import Dispatcher
from gateway.worker.scanner import scan_clocks
from gateway.worker.upkeep import keep_up
from keys.custody import FileCustody
from keys.jwk import Usage
from keys.trust_entries import Gateway
from keys.webhooks import WebhookSecret

SWITCH_S = 0.001
Crash = Callable[[str], None]


def run(folder: Path, crash_point: Crash = lambda _name: None) -> None:
    """Serve until SIGTERM or SIGINT, then drain: finish what was taken in, log the stop, close.

    Raises:
        ConfigError: the folder cannot be used, or another process serves it.
        LogBehindHead: the database's log is not the one last signed.
    """
    # Requests leave no cycles behind, so the collector has little to find and much to look through.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    # The thread that commits needs the interpreter for moments only, but a busy loop would keep it waiting.
    sys.setswitchinterval(SWITCH_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(folder, crash_point))


async def serve(folder: Path, crash_point: Crash = lambda _name: None) -> None:
    """`run` inside a loop."""
    settings = load_settings(folder)
    log = make_logger(settings.log.level, settings.node.authority)
    secrets = read_hook_secrets(folder, settings)
    with ThreadPoolExecutor(1, "commit") as beside:
        built = build_node(folder, log=log, beside=beside, crash_point=crash_point)
        try:
            await _serve(built, secrets)
            await built.node.journal.quiet()
            log_stop(built.node, "signal")
        finally:
            built.close()


async def _serve(built: Built, secrets: Mapping[str, WebhookSecret]) -> None:
    node, settings, folder = built.node, built.settings, built.folder
    transport = HttpPeerTransport(lambda authority: _gateway_of(built, authority), settings.peer, folder)
    dispatcher = Dispatcher(node, transport)
    courier = Courier(node, HttpHookTransport(settings.webhooks, folder), secrets)
    node.journal.committed = _waking(dispatcher, courier) if secrets else dispatcher.wake
    app = build_app(node, _api_identity(built))
    servers = [
        api_server(app, settings.api, folder),
        peer_server(build_peer_app(node), settings.peer, folder, lambda: _client_cas(built)),
    ]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    custody = FileCustody.with_key_file(folder / settings.keys.folder, folder / settings.keys.master)
    background = [
        asyncio.ensure_future(dispatcher.run()),
        asyncio.ensure_future(keep_up(node, custody.destroy_encryption_keys)),
        asyncio.ensure_future(scan_clocks(node)),
        asyncio.ensure_future(courier.run()),
    ]
    serving = [asyncio.ensure_future(server.serve()) for server in servers]
    node.log.info("node.listening", api=settings.api.port, peer=settings.peer.port)
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait([stopped, *serving, *background], return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.should_exit = True
    ended = await asyncio.gather(*serving, return_exceptions=True)
    await app.close()
    await dispatcher.stop()
    await courier.stop()
    for task in (*background, stopped):
        task.cancel()
    results = await asyncio.gather(*background, stopped, return_exceptions=True)
    await transport.close()
    for failed in (*ended, *results):
        if isinstance(failed, Exception):
            raise failed


def _waking(dispatcher: Dispatcher, courier: Courier) -> Callable[[], None]:
    def wake() -> None:
        dispatcher.wake()
        courier.wake()

    return wake


def _gateway_of(built: Built, authority: str) -> Gateway | None:
    listed = built.node.trust.current.authority(authority, built.node.clock.now_ms())
    return None if listed is None else listed.gateway


def _client_cas(built: Built) -> list[str]:
    now = built.node.clock.now_ms()
    return sorted({pem for listed in built.node.trust.current.authorities(now) for pem in listed.gateway.ca})


def _api_identity(built: Built) -> ApiIdentity:
    settings, folder = built.settings, built.folder
    clients = {
        name: ApiClient(
            name,
            read_public_key(folder / client.key, Usage.CLIENT),
            frozenset(client.scopes),
            client.clearance,
            frozenset(client.caveats),
        )
        for name, client in settings.clients.items()
    }
    return ApiIdentity(settings.api.issuer, built.tokens, clients, built.anchors, built.keep_list)
