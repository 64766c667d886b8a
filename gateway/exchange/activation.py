"""An agreement whose entry into force is not in its text binds only after two admins have signed for it.

Each admin signs the same statement with a key kept outside the node. Both signatures, the date and the
reference to the notification are on record; the log holds the reference's digest. Under a multilateral
agreement every party's own date is a statement of its own. A notice of leaving is stated likewise
(`gateway.exchange.leaving`).
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Literal

import msgspec
from msgspec import Struct

from audit.events import Event, FieldValue
from gateway.errors import Conflict, Forbidden, Invalid
from gateway.exchange.entries import entry
from gateway.exchange.manifest import placed
from gateway.exchange.node import Node
from gateway.exchange.statements import (
    ADMINS_NEEDED,
    AnyActivation,
    LeavingStatement,
    PartyStatement,
    read_activation,
)
from gateway.ports.rows import ActivationRow
from gateway.ports.store import Change
from keys import b64, canonical, instants
from keys.errors import CanonicalError, KeysError
from keys.signatures import ADMIN_TYP, peek_kid, verify_statement
from policies.packs import Pack

FRESH_MS = 24 * 3600 * 1000


class ActivationResult(Struct, frozen=True):
    """Where the activation stands: `proposed` by one admin, `active` with the second."""

    agreement: str
    state: Literal["proposed", "active"]
    admins: list[str]
    from_date: str
    party: str | None = None


async def activate(node: Node, jws: str) -> ActivationResult:
    """Record one admin's statement; the second one that says the same puts the agreement in force.

    Raises:
        Forbidden: the signature is not by an admin of this node.
        Invalid: the statement is malformed, stale, for another node or about an agreement there is not.
        Conflict: this admin has signed the same already.
    """
    kid, payload = signed_by(node, jws)
    try:
        statement = read_activation(payload)
    except msgspec.DecodeError as error:
        raise Invalid([placed(str(error), "/statement")]) from error
    problems = [*common_problems(node, statement), *_problems(node, statement)]
    if problems:
        raise Invalid(problems)
    party = statement.party if isinstance(statement, PartyStatement) else None
    row = ActivationRow(
        agreement=statement.agreement,
        from_date=statement.from_date,
        reference=statement.reference,
        statement_digest=_same(statement),
        admin=kid,
        statement=jws,
        at_ms=node.clock.now_ms(),
    )
    admins = signers(
        kid, (r.admin for r in node.store.activations() if r.statement_digest == row.statement_digest)
    )
    active = len(admins) >= ADMINS_NEEDED
    fields = logged_fields(node, statement, statement.from_date, party, admins)
    event = Event.AGREEMENT_ACTIVATED if active else Event.AGREEMENT_PROPOSED
    await node.journal.record(Change((row,), (entry(node, event, row.at_ms, fields),)))
    node.agreements.reload(node.store.activations(), node.store.withdrawals())
    node.log.info(event.value, agreement=statement.agreement, admins=len(admins))
    return ActivationResult(
        statement.agreement, "active" if active else "proposed", admins, statement.from_date, party
    )


def signed_by(node: Node, jws: str) -> tuple[str, bytes]:
    """The admin's key id and the canonical statement; raises `Forbidden` or `Invalid`."""
    try:
        kid = peek_kid(jws, ADMIN_TYP)
        key = node.identity.admins.get(kid)
        if key is None:
            raise Forbidden("not signed by an admin of this node")
        payload = verify_statement(jws, ADMIN_TYP, key)
    except KeysError as error:
        raise Forbidden("not signed by an admin of this node") from error
    try:
        canonical.check(payload)
    except CanonicalError as error:
        raise Invalid([("/statement", f"is not canonical JSON: {error}")]) from error
    return kid, payload


def signers(kid: str, others: Iterable[str]) -> list[str]:
    """Everybody who has signed the same, this admin included; raises `Conflict` if it had signed already."""
    known = set(others)
    if kid in known:
        raise Conflict("this admin has signed this statement already")
    return sorted({kid, *known})


def logged_fields(
    node: Node, statement: AnyActivation | LeavingStatement, on: str, party: str | None, admins: list[str]
) -> dict[str, FieldValue]:
    """What the log says of a statement; `on` is its civil date."""
    fields: dict[str, FieldValue] = {
        "agreement": statement.agreement,
        "admins": admins,
        "from_date": on,
        "reference": b64.encode(hashlib.sha256(statement.reference.encode()).digest()),
        "pack": node.agreements.logged(statement.agreement),
    }
    if party is not None:
        fields["party"] = party
    return fields


def common_problems(node: Node, statement: AnyActivation | LeavingStatement) -> list[tuple[str, str]]:
    """What is wrong with a statement whatever it says."""
    problems = []
    if statement.node != node.authority:
        problems.append(("/statement/node", f"this is the node of {node.authority}"))
    pack = node.agreements.pack(statement.agreement)
    if pack is None or pack.in_force is None:
        problems.append(("/statement/agreement", "no such agreement on this gateway"))
    try:
        age_ms = node.clock.now_ms() - instants.parse(statement.issued)
        if not -FRESH_MS <= age_ms <= FRESH_MS:
            problems.append(("/statement/issued", "is more than a day away; sign again"))
    except CanonicalError as error:
        problems.append(("/statement/issued", str(error)))
    return problems


def date_problem(field: str, text: str) -> list[tuple[str, str]]:
    """The problem with a civil date, if there is one."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return [(f"/statement/{field}", "is no date")]
    return []


def _problems(node: Node, statement: AnyActivation) -> list[tuple[str, str]]:
    problems = date_problem("from_date", statement.from_date)
    pack = node.agreements.pack(statement.agreement)
    if pack is None or pack.in_force is None:
        return problems
    party = statement.party if isinstance(statement, PartyStatement) else None
    confirms = set(statement.confirms) if isinstance(statement, PartyStatement) else set()
    asks = set(pack.in_force.activation_asks)
    if pack.in_force.since is not None and party is None:
        problems.append(("/statement/agreement", "its entry into force is in its text already"))
    problems += [("/statement/confirms", f"must confirm {ask}") for ask in sorted(asks - confirms)]
    problems += [("/statement/confirms", f"{code} is not asked for") for code in sorted(confirms - asks)]
    if party is not None:
        problems += party_problems(pack, party)
    return problems


def party_problems(pack: Pack, party: str) -> list[tuple[str, str]]:
    """What is wrong with a statement about one party of an agreement."""
    if pack.in_force is None or pack.in_force.multilateral is None:
        return [("/statement/party", "the agreement binds, and ends for, both parties at once")]
    known = next((one for one in pack.parties if one.state == party), None)
    if known is None:
        return [("/statement/party", "is no party of the agreement")]
    return []


def _same(statement: AnyActivation) -> str:
    """Digest of what a statement says; of what says the same, in whichever version, it is the same."""
    parts = [statement.agreement, statement.from_date, statement.reference]
    if isinstance(statement, PartyStatement) and (statement.party or statement.confirms):
        parts += [statement.party or "", *sorted(set(statement.confirms))]
    return digest_of(parts)


def digest_of(parts: list[str]) -> str:
    """Digest of the parts of a statement, by which those that say the same are found."""
    return b64.encode(hashlib.sha256("\x00".join(parts).encode()).digest())
