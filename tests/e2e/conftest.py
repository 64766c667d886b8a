"""Nodes as processes, one pair for a module."""

from collections.abc import Iterator

import pytest

from tests.support.partners import Partners, found_partners


@pytest.fixture(scope="module")
def partners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    """Two founded nodes; a module starts and stops them as it needs."""
    made = found_partners(tmp_path_factory.mktemp("partners"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def serving(partners: Partners) -> Partners:
    """Both nodes up."""
    partners.kz.start()
    partners.ru.start()
    return partners
