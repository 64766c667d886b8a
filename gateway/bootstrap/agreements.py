"""Where a node's agreements stand, read beside the node. Nothing here writes."""

from datetime import date
from pathlib import Path

from gateway.bootstrap.building import read_admins, read_packs
from gateway.bootstrap.founding import database_of
from gateway.bootstrap.system import SystemClock
from gateway.exchange.agreements import Agreements
from gateway.exchange.standings import Listed, listed
from gateway.settings import load_settings
from gateway.store.opening import open_readonly


def list_agreements(folder: Path, on_date: date | None) -> list[Listed]:
    """Every agreement as of a date, today by default.

    Raises:
        ConfigError: the folder is no node's, or its database cannot be read.
    """
    settings = load_settings(folder)
    with open_readonly(database_of(folder, settings)) as store:
        agreements = Agreements(
            read_packs(folder, settings),
            store.activations(),
            read_admins(folder, settings),
            withdrawals=store.withdrawals(),
        )
    return listed(agreements, settings.node.authority, SystemClock().now_ms(), on_date)
