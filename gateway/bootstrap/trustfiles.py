"""Trust lists imported into the folder of a node that is not running."""

import asyncio
from pathlib import Path

from gateway.bootstrap.building import build_node
from gateway.bootstrap.logs import make_logger
from gateway.errors import ConfigError
from gateway.exchange.trustupdate import import_list
from gateway.settings import load_settings
from keys.private_file import write_private


def import_offline(folder: Path, party: str, data: bytes, anchor: bytes | None) -> int:
    """Verify a list, log it and keep it.

    Args:
        party: two capital letters.
        data: the signed list.
        anchor: the party's public trust key (JWK bytes), to be pinned if none is yet.

    Returns:
        The version in force.

    Raises:
        ConfigError: the node runs, another key is pinned, or there is none.
        Invalid: the list is refused.
    """
    settings = load_settings(folder)
    pinned = folder / settings.trust.anchors / f"{party}.jwk"
    if anchor is not None:
        if not pinned.exists():
            write_private(pinned, anchor)
        elif pinned.read_bytes() != anchor:
            raise ConfigError(f"another trust key of {party} is pinned in {pinned}")
    built = build_node(folder, log=make_logger("warning", settings.node.authority))
    try:
        return asyncio.run(import_list(built.node, party, data, built.anchors.get(party), built.keep_list))
    finally:
        built.close()
