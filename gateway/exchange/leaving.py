"""A notice of leaving an agreement: two admins state that it was received, and the agreement's months run.

What the end means is ruled by the pack: activities that were started may be finished where the agreement says
so, and what protects received information stays (`baseline/survival`).
"""

from datetime import date
from typing import Literal

import msgspec
from msgspec import Struct

from audit.events import Event
from gateway.errors import Invalid
from gateway.exchange.activation import (
    common_problems,
    date_problem,
    digest_of,
    logged_fields,
    party_problems,
    signed_by,
    signers,
)
from gateway.exchange.agreement_clocks import ends_on, leaving_rows
from gateway.exchange.entries import entry
from gateway.exchange.manifest import placed
from gateway.exchange.node import Node
from gateway.exchange.statements import ADMINS_NEEDED, LeavingStatement, read_leaving, withdrawal_of
from gateway.ports.clock_rows import WithdrawalRow
from gateway.ports.store import Change


class LeavingResult(Struct, frozen=True):
    """Where it stands: `proposed` by one admin, `recorded` with the second.

    `until` is the first civil date on which the agreement binds no longer (the party that leaves, or both);
    None while it is only proposed, or if it is not in force.
    """

    agreement: str
    state: Literal["proposed", "recorded"]
    admins: list[str]
    received: str
    party: str | None
    until: str | None


async def record_leaving(node: Node, jws: str) -> LeavingResult:
    """Record one admin's statement that a notice of leaving was received; the second one counts.

    Raises:
        Forbidden: the signature is not by an admin of this node.
        Invalid: the statement is malformed, stale, for another node or about an agreement there is not.
        Conflict: this admin has signed the same already.
    """
    kid, payload = signed_by(node, jws)
    try:
        statement = read_leaving(payload)
    except msgspec.DecodeError as error:
        raise Invalid([placed(str(error), "/statement")]) from error
    problems = [*common_problems(node, statement), *_problems(node, statement)]
    if problems:
        raise Invalid(problems)
    row = WithdrawalRow(
        agreement=statement.agreement,
        party=statement.party or "",
        received=statement.received,
        reference=statement.reference,
        statement_digest=_same(statement),
        admin=kid,
        statement=jws,
        at_ms=node.clock.now_ms(),
    )
    known = (r.admin for r in node.store.withdrawals() if r.statement_digest == row.statement_digest)
    admins = signers(kid, known)
    recorded = len(admins) >= ADMINS_NEEDED
    fields = logged_fields(node, statement, statement.received, statement.party, admins)
    event = Event.AGREEMENT_WITHDRAWN if recorded else Event.AGREEMENT_WITHDRAWAL_PROPOSED
    pack = node.agreements.pack(statement.agreement)
    clocks = leaving_rows(node, pack, withdrawal_of(statement), row.at_ms) if recorded and pack else []
    await node.journal.record(Change((row, *clocks), (entry(node, event, row.at_ms, fields),)))
    node.agreements.reload(node.store.activations(), node.store.withdrawals())
    node.log.info(event.value, agreement=statement.agreement, admins=len(admins))
    return LeavingResult(
        statement.agreement,
        "recorded" if recorded else "proposed",
        admins,
        statement.received,
        statement.party,
        _until(node, statement) if recorded else None,
    )


def _until(node: Node, statement: LeavingStatement) -> str | None:
    pack = node.agreements.pack(statement.agreement)
    if pack is None or pack.in_force is None:
        return None
    end = ends_on(node.agreements, pack, withdrawal_of(statement), node.clock.now_ms())
    return None if end is None else end.isoformat()


def _problems(node: Node, statement: LeavingStatement) -> list[tuple[str, str]]:
    problems = date_problem("received", statement.received)
    if statement.effective is not None:
        problems += date_problem("effective", statement.effective)
    pack = node.agreements.pack(statement.agreement)
    if pack is None or pack.in_force is None or problems:
        return problems
    if date.fromisoformat(statement.received) > node.agreements.civil_date(pack, node.clock.now_ms()):
        problems.append(("/statement/received", "is in the future"))
    if pack.in_force.multilateral is not None and statement.party is None:
        problems.append(("/statement/party", "must say which party leaves"))
    if statement.party is not None:
        problems += party_problems(pack, statement.party)
    return problems


def _same(statement: LeavingStatement) -> str:
    parts = [statement.agreement, statement.party or "", statement.received, statement.effective or ""]
    return digest_of([*parts, statement.reference])
