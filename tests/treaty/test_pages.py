"""The generated pages of the agreements are those of the packs, and every provision on them is covered."""

import re

import pytest
from treaty_facts import AGREEMENTS, packs
from write_pages import PAGES, pages

WRITTEN = pages()


def test_pages_are_those_of_the_packs_and_no_others() -> None:
    assert sorted(path.name for path in PAGES.iterdir()) == sorted(WRITTEN)
    assert {f"{agreement}.md" for agreement in AGREEMENTS} < set(WRITTEN)


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_page_is_current(name: str) -> None:
    assert (PAGES / name).read_text(encoding="utf-8") == WRITTEN[name], "python tests/treaty/write_pages.py"


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_provision_without_a_test_is_informative(name: str) -> None:
    for section in WRITTEN[name].split("\n### ")[1:]:
        if "\n- tests: none" in section:
            assert "\n- informative:" in section, section.partition("\n")[0]


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_page_names_every_provision_once_in_the_order_of_the_pack(agreement: str) -> None:
    headings = re.findall(r"^### (.+)$", WRITTEN[f"{agreement}.md"], re.MULTILINE)
    assert headings == [f"{agreement}/{one.id}" for one in packs().pack(agreement).provisions]
