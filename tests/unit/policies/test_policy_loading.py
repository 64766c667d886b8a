"""Packs as files: what is refused, and what the hash covers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from treaty_facts import KZ_RU, KZ_TM, message, packs

from policies.errors import FactsError, PackError
from policies.loading import SHIPPED, load_pack, load_packs, read_facts
from policies.packset import PackSet
from policies.simulate import decide_file, simulate


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of the shipped packs to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "packs"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def spoil(file: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda root: edit(root / file, old, new)


RU_RULES = f"{KZ_RU}/rules-01-05.yaml"
RU_LISTS = f"{KZ_RU}/catalogues.yaml"
BREAKS: dict[str, Callable[[Path], None]] = {
    "no baseline": lambda root: shutil.rmtree(root / "baseline"),
    "no packs at all": shutil.rmtree,
    "no catalogues": lambda root: (root / RU_LISTS).unlink(),
    "no rules": lambda root: [path.unlink() for path in (root / KZ_RU).glob("rules*")] and None,
    "unexpected file": lambda root: (root / KZ_RU / "more.yaml").touch(),
    "folder of another id": lambda root: (root / KZ_RU).rename(root / "kz-ru") and None,
    "not YAML": spoil(RU_RULES, "provisions:", "provisions: ["),
    "object tag": spoil(RU_RULES, "provisions:", "provisions: !!python/name:os.system\nx:"),
    "key twice": spoil(
        RU_RULES, "        effect: require\n", "        effect: require\n        effect: permit\n"
    ),
    "unknown key": spoil(
        RU_RULES, "        effect: require\n", "        effect: require\n        unless: x\n"
    ),
    "unknown effect": spoil(RU_RULES, "effect: require", "effect: allow"),
    "unknown act": spoil(RU_RULES, "acts: [send,", "acts: [post,"),
    "unknown kind": spoil(RU_RULES, "kinds: [request,", "kinds: [letter,"),
    "unknown fact": spoil(RU_RULES, "{fact: parties_match,", "{fact: parties,"),
    "unknown catalogue": spoil(RU_RULES, "{catalogue: subjects}", "{catalogue: subject}"),
    "unknown catalogue provision": spoil(
        RU_RULES, 'excluded_forms, provision: "3.2"', 'excluded_forms, provision: "3.3"'
    ),
    "provision twice": spoil(RU_RULES, '- id: "2.2"', '- id: "2.1"'),
    "rule key twice": spoil(RU_RULES, "key: other-reason", "key: subject"),
    "provision without realisation": spoil(RU_RULES, "care.\n    catalogue: subjects\n", "care.\n"),
    "unknown clock of a provision": spoil(
        RU_RULES, "clock: oral_confirmation\n    kinds", "clock: oral\n    kinds"
    ),
    "unknown clock of an obligation": spoil(RU_RULES, "clock: oral_confirmation}", "clock: oral}"),
    "denial without a reason": spoil(RU_RULES, "        because: Sender and", "        #because: Sender and"),
    "denial without a remedy": spoil(
        RU_RULES, "        remedy: {text: Give the reason.", "        #remedy: {text: Give"
    ),
    "obligation that is not one": spoil(RU_RULES, "effect: oblige", "effect: permit"),
    "code twice": spoil(RU_LISTS, "code: terrorism,", "code: person,"),
    "code of no provision": spoil(RU_LISTS, 'provision: "2.2"', 'provision: "2.3"'),
    "role of no provision": spoil(RU_LISTS, 'provision: "11.1"', 'provision: "11.4"'),
    "clock of no provision": spoil(RU_LISTS, 'notice\n    provision: "7.6"', 'notice\n    provision: "7.7"'),
    "one party": spoil(f"{KZ_TM}/agreement.yaml", "  - {state: TM", "  # - {state: TM"),
    "no date": spoil(f"{KZ_RU}/agreement.yaml", '"2008-10-23"', '"2008-10-32"'),
    "settles what does not yield": spoil(f"{KZ_TM}/agreement.yaml", "purpose#same", "state-secrets#declared"),
    "settles what is not there": spoil(f"{KZ_TM}/agreement.yaml", "purpose#same", "purpose#other"),
    "replaces one in the set": spoil(f"{KZ_RU}/agreement.yaml", "[kz-ru-mvd-1993,", f"[{KZ_TM},"),
    "agreement that yields": spoil(
        RU_RULES, "        effect: require\n", "        effect: require\n        yields: true\n"
    ),
    "permit that travels": spoil(
        RU_RULES, "        effect: permit\n", "        effect: permit\n        travels: true\n"
    ),
    "applies to nothing": spoil(RU_RULES, "acts: [send, receive, onward]", "acts: []"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_spoilt_pack_is_refused(shipped: Path, name: str) -> None:
    BREAKS[name](shipped)
    with pytest.raises(PackError):
        load_packs(shipped)


def test_two_packs_of_one_id_are_refused() -> None:
    pack = packs().pack(KZ_RU)
    with pytest.raises(PackError):
        PackSet([pack, load_pack(SHIPPED / KZ_RU), packs().pack("baseline")])


def test_unknown_pack_catalogue_and_clock_raise() -> None:
    pack = packs().pack(KZ_TM)
    for ask in (lambda: packs().pack("kz-xx-1999"), lambda: pack.catalogue("x"), lambda: pack.clock("x")):
        with pytest.raises(PackError):
            ask()


def test_hash_does_not_depend_on_comments_and_layout(shipped: Path) -> None:
    path = shipped / RU_RULES
    path.write_text(
        "# a comment\n" + path.read_text(encoding="utf-8").replace("\n\n", "\n"), encoding="utf-8"
    )
    assert load_pack(shipped / KZ_RU).hash == packs().pack(KZ_RU).hash


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (RU_RULES, "259200", "259201"),
        (RU_LISTS, "label: Russian", "label: russian"),
        (f"{KZ_RU}/agreement.yaml", 'version: "2"', 'version: "3"'),
    ],
)
def test_hash_changes_with_any_content(shipped: Path, file: str, old: str, new: str) -> None:
    edit(shipped / file, old, new)
    assert load_pack(shipped / KZ_RU).hash != packs().pack(KZ_RU).hash


def test_hash_and_version_are_in_the_decision() -> None:
    decision = packs().decide(message(KZ_RU))
    expected = [(pack, packs().pack(pack).version, packs().pack(pack).hash) for pack in (KZ_RU, "baseline")]
    assert [(ref.id, ref.version, ref.hash) for ref in decision.packs] == expected
    assert all(ref.hash.startswith("sha256:") and len(ref.hash) == 71 for ref in decision.packs)


def test_adding_an_agreement_is_adding_a_folder(shipped: Path) -> None:
    new = shipped / "kz-xx-2030"
    shutil.copytree(shipped / KZ_TM, new)
    edit(new / "agreement.yaml", f"id: {KZ_TM}", "id: kz-xx-2030")
    facts = message(KZ_TM, level="state_secret") | {"agreement": "kz-xx-2030"}
    assert load_packs(shipped).decide(facts).provisions[0] == "kz-xx-2030/4.4"
    assert packs().decide(facts).provisions[0] == "baseline/legal-basis"


def test_replaced_instruments_are_the_ones_the_agreement_names() -> None:
    pack = packs().pack(KZ_RU)
    assert tuple(entry.code for entry in pack.catalogue("replaced_instruments")) == pack.agreement.replaces


@pytest.mark.parametrize(
    "text", ["", "[]", "5", '{"seal": true', '{"seal": true, "seal": false}', '{"x": NaN']
)
def test_file_that_holds_no_facts_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "facts.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FactsError):
        read_facts(path)


def test_missing_facts_file_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        decide_file(tmp_path / "nowhere.json")


def test_decide_file_decides_as_the_packs_do(tmp_path: Path) -> None:
    facts = message(KZ_TM, level="state_secret")
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert decide_file(path).decision == packs().decide(facts)
    assert decide_file(path, packs()) == simulate(packs(), facts)
