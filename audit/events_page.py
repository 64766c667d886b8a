"""Prints docs/AUDIT-EVENTS.md from the catalogue: `python -m audit.events_page > docs/AUDIT-EVENTS.md`."""

import sys
from collections.abc import Iterable

from audit.catalogue import CATALOGUE
from audit.event_spec import EventSpec
from audit.events import MAX_LEAF_BYTES, SALT_BYTES
from audit.fields import FIELDS, MAX_ITEMS

_INTRODUCTION = f"""\
# Audit events

Printed from `audit/catalogue.py` by `python -m audit.events_page`; a test fails when the two differ.

The catalogue is closed: nothing else can be written to the log. A leaf is {SALT_BYTES} random bytes
followed by one JSON object with sorted ASCII keys and no spaces: `at` (Unix milliseconds), `event`, `v` (1)
and the fields of the event. At most {MAX_LEAF_BYTES} bytes. Leaves hold ids, codes, counts and digests, never
names or case text: every string has a closed pattern. Fields are only ever added, as optional ones.

Evidence is given to peers, with an inclusion proof, under the names of ETSI EN 319 522. All other events stay
inside the gateway. OCSF is the class and the activity of the Open Cybersecurity Schema Framework that an
export uses.
"""


def render() -> str:
    """The whole page."""
    evidence = [spec for spec in CATALOGUE.values() if spec.peer_visible]
    internal = [spec for spec in CATALOGUE.values() if not spec.peer_visible]
    return "\n".join(
        [
            _INTRODUCTION,
            "## Evidence\n",
            *_event_table(evidence),
            "",
            "## Events inside the gateway\n",
            *_event_table(internal),
            "",
            "## Fields\n",
            f"A name has one type wherever it occurs. Lists hold 1 to {MAX_ITEMS} strings.\n",
            *_field_table(),
            "",
        ]
    )


def _event_table(specs: Iterable[EventSpec]) -> list[str]:
    rows = ["| event | what it records | required | optional | OCSF |", "| --- | --- | --- | --- | --- |"]
    for spec in specs:
        optional = spec.fields.keys() - spec.required
        columns = (f"`{spec.event}`", spec.description, _names(spec.required), _names(optional))
        rows.append(f"| {' | '.join(columns)} | {spec.ocsf[0]}:{spec.ocsf[1]} |")
    return rows


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _field_table() -> list[str]:
    rows = ["| field | holds | pattern |", "| --- | --- | --- |"]
    for name, field in sorted(FIELDS.items()):
        pattern = f"`{field.pattern.replace('|', chr(92) + '|')}`" if field.pattern else "0 … 2^53 − 1"
        rows.append(f"| `{name}` | {field.title} | {pattern} |")
    return rows


if __name__ == "__main__":
    sys.stdout.write(render())
