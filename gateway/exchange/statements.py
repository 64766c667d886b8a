"""Admins' signed statements about agreements, on record: what two admins of today have signed alike counts.

Every signature is verified anew when a node starts, so a row that was slipped into the database counts for
nothing, and neither does what an admin signed who is none any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from gateway.exchange.manifest import AgreementId, AuthorityId, Code, Line
from gateway.ports.clock_rows import WithdrawalRow
from gateway.ports.rows import ActivationRow
from keys.errors import KeysError
from keys.jwk import VerifyKey
from keys.signatures import ADMIN_TYP, verify_statement
from policies.status import Activation, Withdrawal

ADMINS_NEEDED = 2
CivilDate = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d\Z")]
State = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]


class Statement(Struct, frozen=True, forbid_unknown_fields=True):
    """That an agreement is in force, as an admin signs it: a JWS of type `kelisim-admin+jws`."""

    v: Literal[1]
    act: Literal["activate-agreement"]
    node: AuthorityId
    agreement: AgreementId
    from_date: CivilDate
    reference: Line
    issued: str


class PartyStatement(Struct, frozen=True, forbid_unknown_fields=True):
    """The same, of one party's own date, or with what the agreement asks to be confirmed besides.

    Args:
        party: state whose own date it is, under a multilateral agreement; None for the whole agreement.
        confirms: codes of what was confirmed (`in_force.activation_asks` of the pack).
    """

    v: Literal[2]
    act: Literal["activate-agreement"]
    node: AuthorityId
    agreement: AgreementId
    from_date: CivilDate
    reference: Line
    issued: str
    party: State | None
    confirms: Annotated[tuple[Code, ...], Meta(max_length=8)]


class LeavingStatement(Struct, frozen=True, forbid_unknown_fields=True):
    """That a notice of leaving was received.

    Args:
        party: state that leaves; None where the agreement ends for both whoever leaves.
        received: civil date of its receipt by the other party or the depositary.
        effective: date that the notice itself proposes, if any.
    """

    v: Literal[1]
    act: Literal["withdraw-agreement"]
    node: AuthorityId
    agreement: AgreementId
    party: State | None
    received: CivilDate
    effective: CivilDate | None
    reference: Line
    issued: str


AnyActivation = Statement | PartyStatement
_activation = msgspec.json.Decoder(Statement), msgspec.json.Decoder(PartyStatement)
_leaving = msgspec.json.Decoder(LeavingStatement)
Item = TypeVar("Item", Activation, Withdrawal)


class _Version(Struct):
    v: int = 0


def read_activation(payload: bytes) -> AnyActivation:
    """Read a statement of either version; raises `msgspec.DecodeError`."""
    version = msgspec.json.decode(payload, type=_Version).v
    return _activation[1 if version == 2 else 0].decode(payload)


def read_leaving(payload: bytes) -> LeavingStatement:
    """Read a statement about a notice of leaving; raises `msgspec.DecodeError`."""
    return _leaving.decode(payload)


def activation_of(statement: AnyActivation) -> Activation:
    """What a statement says, whoever signed it; raises `ValueError` if its date is none."""
    from_date = date.fromisoformat(statement.from_date)
    if isinstance(statement, Statement):
        return Activation(statement.agreement, from_date, statement.reference)
    confirms = tuple(sorted(set(statement.confirms)))
    return Activation(statement.agreement, from_date, statement.reference, statement.party, confirms)


def withdrawal_of(statement: LeavingStatement) -> Withdrawal:
    """What a statement says, whoever signed it; raises `ValueError` if a date is none."""
    effective = None if statement.effective is None else date.fromisoformat(statement.effective)
    received = date.fromisoformat(statement.received)
    return Withdrawal(statement.agreement, received, statement.reference, statement.party, effective)


def activations(rows: Iterable[ActivationRow], keys: Mapping[str, VerifyKey]) -> list[Activation]:
    """The activations that two different admins of today have signed alike."""
    signed: list[tuple[str, Activation]] = []
    for row in rows:
        payload = _payload(row.admin, row.statement, keys)
        if payload is None:
            continue
        try:
            statement = read_activation(payload)
            item = activation_of(statement)
        except (msgspec.DecodeError, ValueError):
            continue
        if (row.agreement, row.from_date, row.reference) == (
            statement.agreement,
            statement.from_date,
            statement.reference,
        ):
            signed.append((row.admin, item))
    return _by_enough(signed)


def withdrawals(rows: Iterable[WithdrawalRow], keys: Mapping[str, VerifyKey]) -> list[Withdrawal]:
    """The notices of leaving that two different admins of today have signed alike."""
    signed: list[tuple[str, Withdrawal]] = []
    for row in rows:
        payload = _payload(row.admin, row.statement, keys)
        if payload is None:
            continue
        try:
            statement = read_leaving(payload)
            item = withdrawal_of(statement)
        except (msgspec.DecodeError, ValueError):
            continue
        if (row.agreement, row.received, row.reference, row.party) == (
            statement.agreement,
            statement.received,
            statement.reference,
            statement.party or "",
        ):
            signed.append((row.admin, item))
    return _by_enough(signed)


def _payload(admin: str, statement: str, keys: Mapping[str, VerifyKey]) -> bytes | None:
    key = keys.get(admin)
    try:
        return None if key is None else verify_statement(statement, ADMIN_TYP, key)
    except KeysError:
        return None


def _by_enough(signed: Sequence[tuple[str, Item]]) -> list[Item]:
    admins: dict[Item, set[str]] = {}
    for admin, item in signed:
        admins.setdefault(item, set()).add(admin)
    return [item for item, signers in admins.items() if len(signers) >= ADMINS_NEEDED]
