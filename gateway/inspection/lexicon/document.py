"""The lexicon as it is written down: a closed form, read strictly."""

import hashlib
from collections.abc import Hashable
from typing import Any, Literal

import msgspec
import yaml

from gateway.errors import ConfigError

_MAX_BYTES = 4 << 20


class Marking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One marking of one language: its writings, what they mean, and the law that says so.

    `distinct`: hardly ever anything but a marking. `capitals`: counts in capitals only.
    `with_controls`: what it means before dissemination controls ("//").
    """

    language: str
    marking: str
    verdict: Literal["none", "restricted", "state_secret"]
    distinct: bool
    source: str
    confidence: Literal["high", "medium", "low"]
    forms: tuple[str, ...]
    short: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    capitals: bool = False
    with_controls: Literal["none", "restricted", "state_secret"] | None = None


class Context(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The words around markings; the file explains each list."""

    label: tuple[str, ...]
    copy: tuple[str, ...]
    beside: tuple[str, ...]
    mention: tuple[str, ...]
    declassified: tuple[str, ...]
    itself: tuple[str, ...]
    copula: tuple[str, ...]
    denial: tuple[str, ...]
    block: tuple[str, ...]
    enclosure: tuple[str, ...]
    sheets: tuple[str, ...]
    choice: tuple[str, ...]
    title: tuple[str, ...]
    register: tuple[str, ...]
    number_of: tuple[str, ...]
    board: tuple[str, ...]
    board_word: tuple[str, ...]
    either: tuple[str, ...]
    asking: tuple[str, ...]


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole lexicon."""

    version: str
    markings: tuple[Marking, ...]
    context: Context


class _StrictLoader(yaml.CSafeLoader):
    """Safe YAML that refuses a key written twice (the last one would silently win)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, "a key is written twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def parse_document(content: bytes) -> Document:
    """Read a lexicon.

    Raises:
        ConfigError: too large, not YAML, or not of the closed form.
    """
    if len(content) > _MAX_BYTES:
        raise ConfigError("lexicon: larger than 4 MiB")
    try:
        return msgspec.convert(yaml.load(content, Loader=_StrictLoader), Document)  # noqa: S506 a safe loader
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ConfigError(f"lexicon: {error}") from error


def digest(content: bytes) -> str:
    """SHA-256 of the file as hex: what the signature names."""
    return hashlib.sha256(content).hexdigest()
