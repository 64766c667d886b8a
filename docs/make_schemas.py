"""Writes docs/manifest.schema.json and docs/body.schema.json from the types that read them.

`python -m docs.make_schemas` writes them; a test fails when they differ from the code. The schemas state form
only: canonical bytes and the contradictions that docs/PROTOCOL.md lists are checked beside them.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from gateway.exchange.body import Body
from gateway.exchange.manifest import Manifest

FOLDER = Path(__file__).resolve().parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES: dict[str, Any] = {"manifest.schema.json": Manifest, "body.schema.json": Body}


def schema_text(name: str) -> str:
    """The text of one schema file."""
    schema = {"$schema": DIALECT, "$id": name, **msgspec.json.schema(TYPES[name])}
    # Python anchors the end of a text otherwise than the regular expressions of JSON Schema (ECMA 262).
    text = json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True).replace("\\\\Z", "$")
    return text + "\n"


def main() -> None:
    """Write every schema."""
    for name in TYPES:
        (FOLDER / name).write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
