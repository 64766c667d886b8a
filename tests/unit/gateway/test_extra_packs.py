"""`policies.extra_packs`: an agreement is added to a node by a folder and one line of its configuration."""

from pathlib import Path

import pytest

from gateway.bootstrap.building import build_node, read_packs
from gateway.bootstrap.checking import check
from gateway.bootstrap.logs import make_logger
from gateway.errors import ConfigError
from gateway.settings import CONFIG_NAME, load_settings
from tests.support.world import make_world

EXTRA = Path(__file__).parents[2] / "packs"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A node's folder."""
    return Path(make_world(tmp_path)["kz/mia"].folder)


def add_packs(folder: Path, extra: Path) -> None:
    config = folder / CONFIG_NAME
    text = config.read_text(encoding="utf-8")
    config.write_text(f'{text}\n[policies]\nextra_packs = "{extra}"\n', encoding="utf-8")


def test_node_knows_the_agreements_of_the_folder_beside_the_shipped_ones(folder: Path) -> None:
    add_packs(folder, EXTRA)
    built = build_node(folder, log=make_logger("error", "kz/mia"))
    try:
        known = built.node.agreements.packs.agreements
    finally:
        built.close()
    assert {"kz-ru-harbours-2020", "kz-ru-mvd-2008"} <= set(known)


def test_check_config_lists_them(folder: Path) -> None:
    add_packs(folder, EXTRA)
    assert any("kz-ru-harbours-2020" in finding.text for finding in check(folder) if finding.ok)


def test_folder_without_packs_is_a_mistake_of_the_configuration(folder: Path) -> None:
    add_packs(folder, Path("absent"))
    with pytest.raises(ConfigError, match="absent"):
        read_packs(folder, load_settings(folder))
    assert any("absent" in finding.text for finding in check(folder) if not finding.ok)
