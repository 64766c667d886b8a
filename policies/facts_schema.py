"""`python -m policies.facts_schema`: the JSON Schema of the facts, from their declarations and the packs.

Beside the types it says which acts' rules read a fact (`x-read-by`), per pack. docs/facts.schema.json is
its output; a test fails when the two differ.
"""

import sys
from typing import Any

import msgspec

from policies.facts import Facts
from policies.loading import load_packs
from policies.packset import PackSet
from policies.programs import ACTS
from policies.rules import CompiledRule, rule_facts
from policies.vocabulary import SOURCE_PREFIX

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def facts_schema(packs: PackSet) -> dict[str, Any]:
    """Describe the facts as JSON Schema.

    Args:
        packs: the packs whose use of the facts is described.

    Returns:
        The schema, in plain JSON types.
    """
    schema = msgspec.json.schema(Facts)
    definitions = schema["$defs"]
    for name, described in definitions["Facts"]["properties"].items():
        described["x-read-by"] = _readers(packs, name)
    for name, described in definitions["Source"]["properties"].items():
        described["x-read-by"] = _readers(packs, SOURCE_PREFIX + name)
    return {"$schema": DIALECT, "title": "Facts of a decision", **schema}


def _readers(packs: PackSet, fact: str) -> dict[str, list[str]]:
    rules = [rule for name in packs.agreements for rule in packs.suite(name).rules if _reads(rule, fact)]
    pack_ids = sorted({rule.id.partition("/")[0] for rule in rules})
    return {pack: _acts([rule for rule in rules if rule.id.startswith(f"{pack}/")]) for pack in pack_ids}


def _reads(rule: CompiledRule, fact: str) -> bool:
    return fact in rule_facts(rule) or (fact == "sources" and rule.per_source)


def _acts(rules: list[CompiledRule]) -> list[str]:
    return [act for act in ACTS if any(rule.acts is None or act in rule.acts for rule in rules)]


def encoded(packs: PackSet) -> bytes:
    """The schema as the bytes of docs/facts.schema.json."""
    return msgspec.json.format(msgspec.json.encode(facts_schema(packs)), indent=2) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(encoded(load_packs()))
