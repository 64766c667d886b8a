"""YAML as packs are written: plain values, and nothing that a reader could overlook."""

from datetime import date

import pytest
import yaml

from policies import strictyaml
from policies.strictyaml import parse


def test_plain_values_keep_their_types() -> None:
    text = 'a: 1\nb: true\nc: null\nd: "8"\ne: [x, 2008-10-23]\nf: {g: -5, h: 1.5}'
    assert parse(text) == {
        "a": 1,
        "b": True,
        "c": None,
        "d": "8",
        "e": ["x", date(2008, 10, 23)],
        "f": {"g": -5, "h": 1.5},
    }


@pytest.mark.parametrize("text", ["", "# only a comment"])
def test_nothing_is_no_value(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        "{a: 1, b: {c: 1, c: 2}}",
        "- {a: 1, a: 1}",
        "1: x\n01: y",
        "&x [*x]",
        "a: &x {b: *x}",
        "base: &b {a: 1}\nmore: {<<: *b, c: 2}",
        "? [a, b]\n: 1",
        "? {a: 1}\n: 1",
        "!!python/object/apply:os.system ['true']",
        "a: !!set {x, y}",
        "a: !mine 5",
        "a: !!map [x]",
        "a: 1\n--- \nb: 2",
        "a: [1",
        "\x00",
        "[" * 200 + "]" * 200,
    ],
)
def test_what_could_be_overlooked_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        parse(text)


def test_parser_in_python_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, {b: 'x'}]\nc: |\n  more\n  text\n"
    fast = parse(text)
    monkeypatch.setattr(strictyaml, "_Loader", yaml.SafeLoader)
    assert parse(text) == fast
    with pytest.raises(yaml.YAMLError):
        parse("a: 1\na: 2")
