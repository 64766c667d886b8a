"""`POST /v1/decisions:simulate`: what would be decided on these facts. Logged, and nothing else happens."""

from typing import Any

from audit.events import Event, FieldValue
from gateway.api.call import Call
from gateway.api.documents import JsonReader
from gateway.api.replies import JSON, Reply
from gateway.api.submitting import JSON_TYPE
from gateway.errors import Invalid
from gateway.exchange.entries import entry, provisions
from gateway.exchange.node import Node
from gateway.exchange.supposing import suppose
from gateway.ports.store import Change
from policies.decision import Decision
from policies.errors import FactsError

_facts = JsonReader(dict[str, Any])


async def simulate(call: Call) -> Reply:
    """Decide on facts that are only supposed.

    Raises:
        Invalid: a fact is unknown or has the wrong type, or `as_of` is no day; it is named.
        StoreUnavailable: the log cannot write, so no answer is given.
    """
    call.require_media_type(JSON_TYPE)
    as_of = call.query("as_of").get("as_of")
    facts = _facts.read(await call.body())
    try:
        answer = suppose(call.node, facts, as_of)
    except FactsError as error:
        raise Invalid([("/" + _pointer(error.field), error.problem)]) from error
    await _log(call.node, call.client.client_id, facts, answer.decision)
    return Reply(200, answer.to_json(call.language), JSON)


def _pointer(field: str) -> str:
    """A fact's name as the packs write it (`sources[0].originator`) as the rest of a JSON pointer."""
    return field.replace("]", "").replace("[", "/").replace(".", "/")


async def _log(node: Node, client: str, facts: dict[str, Any], decision: Decision) -> None:
    fields: dict[str, FieldValue] = {
        "client": client,
        "act": str(facts.get("act", "unknown")),
        "outcome": decision.outcome,
    }
    agreement = facts.get("agreement")
    if agreement is not None and node.agreements.pack(agreement) is not None:
        fields |= {"agreement": agreement, "pack": node.agreements.logged(agreement)}
    if decision.provisions:
        fields["provisions"] = provisions(decision)
    entries = (entry(node, Event.DECISION_SIMULATED, node.clock.now_ms(), fields),)
    await node.journal.record(Change((), entries))
