"""Every provision is in its pack, realised or explicitly informative, and has a test that names it."""

import json
import re
from pathlib import Path

import pytest
from treaty_facts import packs

HERE = Path(__file__).parent
PROVISIONS = json.loads((HERE / "provisions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pack", sorted(PROVISIONS))
def test_every_listed_provision_is_in_the_pack(pack: str) -> None:
    have = {provision.id for provision in packs().pack(pack).provisions}
    assert set(PROVISIONS[pack]) <= have


@pytest.mark.parametrize("pack", sorted(set(PROVISIONS) - {"baseline"}))
def test_pack_holds_no_article_the_list_does_not_know(pack: str) -> None:
    chapeaux = {"kz-tm-2024": {"1.1", "2"}}.get(pack, set())
    have = {provision.id for provision in packs().pack(pack).provisions}
    assert have - set(PROVISIONS[pack]) == chapeaux


@pytest.mark.parametrize("pack", sorted(PROVISIONS))
def test_every_provision_with_rules_is_named_by_a_test(pack: str) -> None:
    stem = f"test_{pack.replace('-', '_')}*.py"
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(HERE.glob(stem)))
    names = set(re.findall(r"def test_(\w+)", text))
    for provision in packs().pack(pack).provisions:
        slug = re.sub(r"\W+", "_", provision.id).strip("_")
        if provision.rules:
            own = slug if not slug.startswith("4_1_") else "4_1_1_to_5"
            assert any(name.startswith(f"{own}_") for name in names), provision.id
