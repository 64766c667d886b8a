"""A victim, and peers of it that hold valid keys; copied from folders founded once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.loading import load_packs
from policies.packset import PackSet
from tests.support.hostile import Hostile, Victim
from tests.support.node_fixture import moved
from tests.support.world import World, make_world


@pytest.fixture(scope="session")
def attack_packs() -> PackSet:
    return load_packs()


@pytest.fixture(scope="session")
def attack_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("attack"), ("kz/mia", "ru/mia", "tm/mia"))


@pytest.fixture
def victim(attack_world: World, attack_packs: PackSet, tmp_path: Path) -> Iterator[Victim]:
    """Kazakhstan's node."""
    shutil.copytree(attack_world.folder, tmp_path / "world")
    made = Victim(moved(attack_world, tmp_path / "world"), "kz/mia", attack_packs)
    yield made
    made.close()


@pytest.fixture
def peer(victim: Victim) -> Hostile:
    """Russia's gateway in hostile hands."""
    return Hostile(victim, victim.world["ru/mia"])


@pytest.fixture
def third(victim: Victim) -> Hostile:
    """Turkmenistan's gateway in hostile hands."""
    return Hostile(victim, victim.world["tm/mia"])
