"""YAML as packs are written: safe types, no key twice, no tags, nothing that refers to itself.

The parser is libyaml's where PyYAML was built with it (eight times as fast); the values are made here,
because the library's own constructor lets the last of two equal keys win.
"""

from typing import Any, Final, NoReturn

import yaml

MAX_DEPTH: Final = 32
_STR: Final = "tag:yaml.org,2002:str"
_SEQ: Final = "tag:yaml.org,2002:seq"
_MAP: Final = "tag:yaml.org,2002:map"
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: str) -> Any:
    """Read one YAML document into plain values.

    Args:
        text: the document.

    Raises:
        yaml.YAMLError: it is malformed, holds a key twice, an object's tag or a merge, or is nested deeper
            than `MAX_DEPTH` (as is what holds itself).
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _value(loader, node, 0)
    finally:
        loader.dispose()


def _value(loader: Any, node: yaml.Node, depth: int) -> Any:
    if depth > MAX_DEPTH:
        _refuse(node, "is nested too deep")
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.tag == _STR else loader.construct_object(node)
    if isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
        return [_value(loader, item, depth + 1) for item in node.value]
    if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
        return _mapping(loader, node, depth)
    return _refuse(node, f"the tag {node.tag!r} is not admitted")


def _mapping(loader: Any, node: yaml.MappingNode, depth: int) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            _refuse(key_node, "a key is a single value")
        key = _value(loader, key_node, depth + 1)
        if key in made:
            _refuse(key_node, f"key {key!r} is written twice")
        made[key] = _value(loader, value_node, depth + 1)
    return made


def _refuse(node: yaml.Node, problem: str) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
