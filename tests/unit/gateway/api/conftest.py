"""Two live nodes per test, copied from folders founded once."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from policies.loading import load_packs
from policies.packset import PackSet
from tests.support.node_fixture import LiveNode, Town, moved
from tests.support.world import World, make_world


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def packs() -> PackSet:
    return load_packs()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(founded: World, tmp_path: Path) -> World:
    shutil.copytree(founded.folder, tmp_path / "world")
    return moved(founded, tmp_path / "world")


@pytest.fixture
async def town(world: World, packs: PackSet, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """Both nodes, or only the one that the test asks for by name."""
    asked = [name for name in ("kz", "ru") if name in request.fixturenames]
    async with Town(world, packs, only=tuple(f"{name}/mia" for name in asked)) as live:
        yield live


@pytest.fixture
def kz(town: Town) -> LiveNode:
    return town["kz/mia"]


@pytest.fixture
def ru(town: Town) -> LiveNode:
    return town["ru/mia"]


@pytest.fixture(scope="module")
async def calm(
    founded: World, packs: PackSet, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveNode]:
    """One node for all tests of a module that only ask for what is refused."""
    folder = tmp_path_factory.mktemp("calm") / "world"
    shutil.copytree(founded.folder, folder)
    limits = {"unauthenticated_per_minute": 100_000}
    async with Town(moved(founded, folder), packs, only=("kz/mia",), **limits) as live:
        yield live["kz/mia"]


@pytest.fixture(scope="module")
def fuzzed(
    founded: World, packs: PackSet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveNode, asyncio.Runner]]:
    """One node for many examples, in a loop of its own."""
    folder = tmp_path_factory.mktemp("fuzz") / "world"
    shutil.copytree(founded.folder, folder)
    with asyncio.Runner() as runner:
        town = runner.run(_opened(Town(moved(founded, folder), packs, only=("kz/mia",))))
        yield town["kz/mia"], runner
        runner.run(town.__aexit__(None, None, None))


async def _opened(town: Town) -> Town:
    return await town.__aenter__()
