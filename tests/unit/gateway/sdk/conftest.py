"""Two live nodes, and SDK clients that reach them without a socket."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.sdk import AsyncClient, Client, Profile
from keys.jwk import save_private
from policies.loading import load_packs
from tests.support.node_fixture import LiveNode, Town, moved
from tests.support.world import CLIENT, World, make_world

PACKS = load_packs()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sdk_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("sdk-world"))


@pytest.fixture
async def town(sdk_world: World, tmp_path: Path) -> AsyncIterator[Town]:
    shutil.copytree(sdk_world.folder, tmp_path / "world")
    async with Town(moved(sdk_world, tmp_path / "world"), PACKS) as live:
        yield live


def profile_of(node: LiveNode, folder: Path) -> Profile:
    key_file = folder / f"{node.member.folder.name}-client.jwk"
    if not key_file.exists():
        save_private(key_file, node.member.client, None)
    return Profile(base_url="https://node.test", client_id=CLIENT, key_file=key_file, issuer=node.issuer)


@pytest.fixture
async def sdk(town: Town, tmp_path: Path) -> AsyncIterator[Callable[[str], AsyncClient]]:
    opened: list[AsyncClient] = []

    def make(authority: str) -> AsyncClient:
        node = town[authority]
        client = AsyncClient(profile_of(node, tmp_path), transport=httpx.ASGITransport(app=node.app))
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.close()


class LoopThread:
    """An event loop in a thread of its own, for clients that block."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


class Bridge(httpx.BaseTransport):
    """A blocking transport to an application that runs in another thread's loop."""

    def __init__(self, app: Any, thread: LoopThread) -> None:
        self._transport = httpx.ASGITransport(app=app)
        self._thread = thread

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = b"".join(request.stream)  # type: ignore[arg-type]
        headers = dict(request.headers)
        asked = httpx.Request(request.method, request.url, headers=headers, content=content)

        async def exchange() -> httpx.Response:
            answer = await self._transport.handle_async_request(asked)
            body = await answer.aread()
            return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))

        answer: httpx.Response = self._thread.run(exchange())
        return answer


@pytest.fixture
def blocking(sdk_world: World, tmp_path: Path) -> Iterator[Callable[[str], Client]]:
    """Makes blocking clients; the nodes start with the first one."""
    started: list[tuple[LoopThread, Town]] = []
    opened: list[Client] = []

    def start() -> tuple[LoopThread, Town]:
        shutil.copytree(sdk_world.folder, tmp_path / "world")
        thread, town = LoopThread(), Town(moved(sdk_world, tmp_path / "world"), PACKS)
        # SQLite connections belong to the thread that opens them.
        thread.run(town.__aenter__())
        return thread, town

    def make(authority: str) -> Client:
        if not started:
            started.append(start())
        thread, town = started[0]
        node = town[authority]
        client = Client(profile_of(node, tmp_path), transport=Bridge(node.app, thread))
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()
    for thread, town in started:
        thread.run(town.__aexit__(None, None, None))
        thread.close()
