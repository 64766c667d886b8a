"""A village of real nodes, copied from folders founded once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.loading import load_packs
from policies.packset import PackSet
from tests.support.node_fixture import moved
from tests.support.village import Village
from tests.support.world import World, make_world


@pytest.fixture(scope="session")
def packs() -> PackSet:
    return load_packs()


@pytest.fixture(scope="session")
def two_ministries(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("ministries"))


@pytest.fixture
def village(two_ministries: World, packs: PackSet, tmp_path: Path) -> Iterator[Village]:
    """The ministries of Kazakhstan and Russia."""
    shutil.copytree(two_ministries.folder, tmp_path / "village")
    made = Village(moved(two_ministries, tmp_path / "village"), packs)
    yield made
    made.close()


@pytest.fixture(scope="session")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(
        tmp_path_factory.mktemp("neighbours"), ("kz/mia", "ru/mia", "az/mia", "jo/moi", "xs/sco-secretariat")
    )


@pytest.fixture
def region(neighbours: World, packs: PackSet, tmp_path: Path) -> Iterator[Village]:
    """The ministries of Kazakhstan, Russia, Azerbaijan and Jordan, and the depositary of sco-2010."""
    shutil.copytree(neighbours.folder, tmp_path / "region")
    made = Village(moved(neighbours, tmp_path / "region"), packs)
    yield made
    made.close()
