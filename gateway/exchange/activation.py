"""An agreement whose entry into force is not in its text binds only after two admins have signed for it.

Each admin signs the same statement with a key kept outside the node. Both signatures, the date and the
reference to the notification are on record; the log holds the reference's digest.
"""

import hashlib
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from audit.events import Event, FieldValue
from gateway.errors import Conflict, Forbidden, Invalid
from gateway.exchange.agreements import ADMINS_NEEDED
from gateway.exchange.entries import entry
from gateway.exchange.manifest import AgreementId, AuthorityId, Line, placed
from gateway.exchange.node import Node
from gateway.ports.rows import ActivationRow
from gateway.ports.store import Change
from keys import b64, canonical, instants
from keys.errors import CanonicalError, KeysError
from keys.signatures import ADMIN_TYP, peek_kid, verify_statement

FRESH_MS = 24 * 3600 * 1000


class Statement(Struct, frozen=True, forbid_unknown_fields=True):
    """What an admin signs (JWS of type `kelisim-admin+jws` over its canonical JSON)."""

    v: Literal[1]
    act: Literal["activate-agreement"]
    node: AuthorityId
    agreement: AgreementId
    from_date: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d\Z")]
    reference: Line
    issued: str


class ActivationResult(Struct, frozen=True):
    """Where the activation stands: `proposed` by one admin, `active` with the second."""

    agreement: str
    state: Literal["proposed", "active"]
    admins: list[str]
    from_date: str


async def activate(node: Node, jws: str) -> ActivationResult:
    """Record one admin's statement; the second one that says the same puts the agreement in force.

    Raises:
        Forbidden: the signature is not by an admin of this node.
        Invalid: the statement is malformed, stale, for another node or about an agreement there is not.
        Conflict: this admin has signed the same already.
    """
    kid, statement = _read(node, jws)
    digest = b64.encode(hashlib.sha256(statement.reference.encode()).digest())
    row = ActivationRow(
        agreement=statement.agreement,
        from_date=statement.from_date,
        reference=statement.reference,
        statement_digest=_same(statement),
        admin=kid,
        statement=jws,
        at_ms=node.clock.now_ms(),
    )
    signed = [r for r in node.store.activations() if r.statement_digest == row.statement_digest]
    if any(other.admin == kid for other in signed):
        raise Conflict("this admin has signed this statement already")
    admins = sorted({kid, *(other.admin for other in signed)})
    active = len(admins) >= ADMINS_NEEDED
    fields: dict[str, FieldValue] = {
        "agreement": statement.agreement,
        "admins": admins,
        "from_date": statement.from_date,
        "reference": digest,
        "pack": node.agreements.logged(statement.agreement),
    }
    event = Event.AGREEMENT_ACTIVATED if active else Event.AGREEMENT_PROPOSED
    await node.journal.record(Change((row,), (entry(node, event, row.at_ms, fields),)))
    node.agreements.reload(node.store.activations())
    node.log.info(event.value, agreement=statement.agreement, admins=len(admins))
    return ActivationResult(
        statement.agreement, "active" if active else "proposed", admins, statement.from_date
    )


def _read(node: Node, jws: str) -> tuple[str, Statement]:
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
        statement = msgspec.json.decode(payload, type=Statement)
    except CanonicalError as error:
        raise Invalid([("/statement", f"is not canonical JSON: {error}")]) from error
    except msgspec.ValidationError as error:
        raise Invalid([placed(str(error), "/statement")]) from error
    problems = _problems(node, statement)
    if problems:
        raise Invalid(problems)
    return kid, statement


def _problems(node: Node, statement: Statement) -> list[tuple[str, str]]:
    problems = []
    if statement.node != node.authority:
        problems.append(("/statement/node", f"this is the node of {node.authority}"))
    pack = node.agreements.pack(statement.agreement)
    if pack is None or pack.in_force is None:
        problems.append(("/statement/agreement", "no such agreement on this gateway"))
    elif pack.in_force.since is not None:
        problems.append(("/statement/agreement", "its entry into force is in its text already"))
    try:
        date.fromisoformat(statement.from_date)
    except ValueError:
        problems.append(("/statement/from_date", "is no date"))
    try:
        age_ms = node.clock.now_ms() - instants.parse(statement.issued)
        if not -FRESH_MS <= age_ms <= FRESH_MS:
            problems.append(("/statement/issued", "is more than a day away; sign again"))
    except CanonicalError as error:
        problems.append(("/statement/issued", str(error)))
    return problems


def _same(statement: Statement) -> str:
    content = "\x00".join((statement.agreement, statement.from_date, statement.reference))
    return b64.encode(hashlib.sha256(content.encode()).digest())
