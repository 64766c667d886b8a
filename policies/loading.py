"""Reads packs and facts from files; the only module of this package that touches the file system."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from policies.documents import Agreement, Catalogues, Provision, Rules
from policies.errors import FactsError, PackError
from policies.listings import AuthorityLists
from policies.packs import Pack, check_pack
from policies.packset import PackSet
from policies.strictyaml import parse

SHIPPED = Path(__file__).parent / "packs"
"""Folder of the packs that come with the package."""

_AUTHORITIES = "authorities.yaml"

Read = TypeVar("Read")


def load_packs(path: Path | str | None = None, *more: Path | str) -> PackSet:
    """Load every pack of a folder, and of further ones.

    Args:
        path: folder with one folder per pack; default: the packs shipped.
        more: further such folders, whose agreements are added; none of them replaces a pack.

    Returns:
        The compiled set.

    Raises:
        PackError: a pack is incomplete, contradictory or outside the closed vocabulary, or a further folder
            holds none.
    """
    folders = _folders(SHIPPED if path is None else Path(path))
    for further in map(Path, more):
        added = _folders(further)
        if not added:
            raise PackError(str(further), "is no folder with packs")
        folders += added
    return PackSet(load_pack(folder) for folder in folders)


def _folders(root: Path) -> list[Path]:
    return sorted(entry for entry in root.iterdir() if entry.is_dir()) if root.is_dir() else []


def load_pack(folder: Path) -> Pack:
    """Load one pack without compiling it.

    Args:
        folder: holds agreement.yaml, catalogues.yaml, rules*.yaml and, where there is something to say of the
            authorities, authorities.yaml; its name is the agreement's id.

    Raises:
        PackError: a file is missing, unexpected or malformed, or the pack contradicts itself.
    """
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    rules = [name for name in names if name.startswith("rules") and name.endswith(".yaml")]
    if not rules or set(names) - {_AUTHORITIES} != {"agreement.yaml", "catalogues.yaml", *rules}:
        raise PackError(folder.name, f"needs agreement.yaml, catalogues.yaml and rules*.yaml, has {names}")
    content = {name: _parse(folder / name) for name in names}
    agreement = _as(content["agreement.yaml"], Agreement, f"{folder.name}/agreement.yaml")
    if agreement.id != folder.name:
        raise PackError(folder.name, f"holds the pack {agreement.id!r}")
    provisions: list[Provision] = []
    for name in rules:
        provisions += _as(content[name], Rules, f"{folder.name}/{name}").provisions
    lists = _as(content["catalogues.yaml"], Catalogues, f"{folder.name}/catalogues.yaml")
    named = _as(content.get(_AUTHORITIES, {}), AuthorityLists, f"{folder.name}/{_AUTHORITIES}")
    return check_pack(Pack(agreement, lists, tuple(provisions), _digest(content), named))


def read_facts(path: Path | str) -> dict[str, Any]:
    """Read facts from a JSON file holding one object.

    Raises:
        FactsError: the file is not a JSON object, or names a fact twice.
        OSError: the file cannot be read.
    """
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=_no_repeats)
    except ValueError as error:
        raise FactsError("(file)", f"is not JSON: {error}") from None
    if not isinstance(read, dict):
        raise FactsError("(file)", "must hold one JSON object")
    return read


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        names = [name for name, _ in pairs]
        raise FactsError(next(name for name in names if names.count(name) > 1), "is written twice")
    return read


def _parse(path: Path) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PackError(f"{path.parent.name}/{path.name}", str(error)) from None


def _as(content: Any, kind: type[Read], where: str) -> Read:
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise PackError(where, str(error)) from None


def _digest(content: dict[str, Any]) -> str:
    """SHA-256 over the content, so that comments and layout of the files do not count."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_iso)
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def _iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise PackError("pack", f"{value!r} is no plain value")
