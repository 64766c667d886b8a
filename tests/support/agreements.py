"""The shipped packs with clocks as a test needs them."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from policies.loading import SHIPPED, load_packs
from policies.packset import PackSet

DAY_S = 86_400


def with_clocks(folder: Path, agreement: str, **changes: dict[str, Any]) -> PackSet:
    """The shipped packs, written anew below a folder, with some fields of an agreement's clocks changed.

    Args:
        changes: fields by the clock's name; None takes a field away.
    """
    packs = folder / "packs"
    shutil.copytree(SHIPPED, packs)
    file = packs / agreement / "catalogues.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for clock in content["clocks"]:
        fields = clock | changes.get(clock["name"], {})
        clock.clear()
        clock.update({name: value for name, value in fields.items() if value is not None})
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_packs(packs)


def to_execute_in(folder: Path, days: int) -> PackSet:
    """kz-ru-mvd-2008 with so many days to execute, a reminder three days before, notices to both."""
    execution = {"duration_s": days * DAY_S, "remind_before_s": 3 * DAY_S, "notices": "both"}
    return with_clocks(folder, "kz-ru-mvd-2008", execution=execution)
