"""Authorities as the node uses them: the entries of a trust list with every key parsed and checked once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from keys import instants
from keys.epochs import EncryptionEpoch, verify_epoch
from keys.errors import CanonicalError, KeyRefused, OpenFailed, TrustError
from keys.jwk import Usage, VerifyKey
from keys.notes import NoteVerifier
from keys.signatures import EPOCH_TYP, peek_kid
from keys.tls import check_certificate
from keys.trust_file import AgreementEntry, AuthorityEntry, GatewayEntry, OfficialEntry, SealKeyEntry

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key with the time it may be used in: Unix milliseconds, the end excluded."""

    key: VerifyKey
    start: int
    end: int | None
    revoked_at: int | None

    def covers(self, at: int) -> bool:
        """Tell whether the key may be used at this instant, revocation apart."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Official:
    """An official's key with the office and name it signs under."""

    listed: ListedKey
    office: Literal["head", "deputy"]
    name: str

    @property
    def key(self) -> VerifyKey:
        """The official's key."""
        return self.listed.key


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where an authority's gateway is, the pins of its certificates and the PEM of their authorities."""

    url: str
    server_pins: frozenset[str]
    client_pins: frozenset[str]
    ca: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Competence:
    """An agreement the authority is listed for: civil dates, the last one excluded."""

    agreement: str
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Authority:
    """A competent authority as one version of its party's list describes it."""

    id: str
    party: str
    version: int
    names: Mapping[str, str]
    competences: tuple[Competence, ...]
    gateway: Gateway
    seal_keys: Mapping[str, ListedKey] = field(repr=False)
    officials: Mapping[str, Official] = field(repr=False)
    checkpoint: NoteVerifier
    origin: str
    epochs: tuple[EncryptionEpoch, ...] = field(repr=False)
    min_suite: int

    def is_listed(self, agreement: str, on_date: date) -> bool:
        """Tell whether the authority is competent under an agreement on a civil date of that agreement."""
        return any(
            entry.agreement == agreement
            and entry.start <= on_date
            and (entry.end is None or on_date < entry.end)
            for entry in self.competences
        )


def read_authority(entry: AuthorityEntry, party: str, version: int) -> Authority:
    """Check an entry and parse what it holds.

    Raises:
        TrustError: an authority of another party, a bad key, date, epoch or certificate, a key listed twice.

    """
    if entry.state != party or not entry.id.startswith(f"{party.lower()}/"):
        raise TrustError(f"{party} may not list {entry.id}")
    try:
        return _read(entry, party, version)
    except (KeyRefused, OpenFailed, CanonicalError, ValueError) as error:
        detail = error.local_cause() if isinstance(error, OpenFailed) else str(error)
        raise TrustError(f"the entry of {entry.id} is not acceptable: {detail}") from error


def _read(entry: AuthorityEntry, party: str, version: int) -> Authority:
    seal_keys = _by_kid((listed.key.kid, listed) for listed in map(_seal_key, entry.seal_keys))
    officials = _by_kid((official.key.kid, official) for official in map(_official, entry.officials))
    checkpoint = NoteVerifier.from_vkey(entry.checkpoint.vkey)
    if checkpoint.name != entry.checkpoint.origin:
        raise KeyRefused("the checkpoint key's name is not its log's origin")
    return Authority(
        id=entry.id,
        party=party,
        version=version,
        names=MappingProxyType(dict(entry.names)),
        competences=tuple(_competence(agreement) for agreement in entry.agreements),
        gateway=_gateway(entry.gateway),
        seal_keys=seal_keys,
        officials=officials,
        checkpoint=checkpoint,
        origin=entry.checkpoint.origin,
        epochs=tuple(read_epoch(text, entry.id, seal_keys) for text in entry.epochs),
        min_suite=entry.min_suite,
    )


def read_epoch(statement: str, authority: str, seal_keys: Mapping[str, ListedKey]) -> EncryptionEpoch:
    """Verify an epoch under the listed seal key it names, which must be in its time when the epoch begins.

    Raises:
        OpenFailed: no such seal key, out of its time, or the statement does not verify.

    """
    listed = seal_keys.get(peek_kid(statement, EPOCH_TYP))
    if listed is None:
        raise OpenFailed("an epoch under a key that is not listed")
    epoch = verify_epoch(statement, authority, listed.key)
    if not listed.covers(epoch.not_before):
        raise OpenFailed("an epoch under a key out of its time")
    return epoch


def _by_kid(pairs: Iterable[tuple[str, _T]]) -> Mapping[str, _T]:
    found: dict[str, _T] = {}
    for kid, listed in pairs:
        if kid in found:
            raise KeyRefused("a key is listed twice")
        found[kid] = listed
    return MappingProxyType(found)


def _seal_key(entry: SealKeyEntry) -> ListedKey:
    return _listed(entry.jwk, Usage.SEAL, entry)


def _official(entry: OfficialEntry) -> Official:
    return Official(_listed(entry.jwk, Usage.OFFICIAL, entry), entry.office, entry.name)


def _listed(jwk: dict[str, Any], usage: Usage, entry: SealKeyEntry | OfficialEntry) -> ListedKey:
    key = VerifyKey.from_jwk(jwk)
    if key.usage is not usage:
        raise KeyRefused(f"a {key.usage} key is listed as {usage}")
    start, end = instants.parse(entry.from_), _instant(entry.to)
    if end is not None and end <= start:
        raise KeyRefused("a key's time is empty")
    return ListedKey(key, start, end, _instant(entry.revoked_at))


def _instant(text: str | None) -> int | None:
    return None if text is None else instants.parse(text)


def _competence(entry: AgreementEntry) -> Competence:
    end = None if entry.to is None else _civil(entry.to)
    return Competence(entry.id, _civil(entry.from_), end)


def _civil(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise CanonicalError("not a civil date")
    return day


def _gateway(entry: GatewayEntry) -> Gateway:
    for pem in entry.ca:
        check_certificate(pem)
    return Gateway(entry.url, frozenset(entry.server_pins), frozenset(entry.client_pins), entry.ca)
