"""The trust list as it is published: one signed file per party, listing its competent authorities.

A file is a compact JWS of type `kelisim-trust+jws` over canonical JSON. The shapes here are the file's
members, nothing more; what they mean is in `keys.trust_entries` and `keys.trust`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from keys import canonical
from keys.errors import CanonicalError, OpenFailed, TrustError
from keys.jwk import Signer, VerifyKey
from keys.signatures import MAX_STATEMENT_CHARACTERS, TRUST_TYP, sign_statement, verify_statement

Id = Annotated[str, Meta(pattern=r"^[a-z0-9]+(?:[-./][a-z0-9]+)*\Z", max_length=64)]
Party = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
Pin = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=1, le=2**31)]


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class AgreementEntry(_Entry, frozen=True):
    """An agreement the authority is competent under, by civil dates; `to` is the first day it is not."""

    id: Id
    from_: str = msgspec.field(name="from")
    to: str | None


class GatewayEntry(_Entry, frozen=True):
    """Where the authority's gateway is and by which certificates it is known."""

    url: Annotated[str, Meta(pattern=r"^https://[!-~]+\Z", max_length=300)]
    server_pins: Annotated[tuple[Pin, ...], Meta(min_length=1)]
    client_pins: Annotated[tuple[Pin, ...], Meta(min_length=1)]
    ca: Annotated[tuple[str, ...], Meta(min_length=1)]


class SealKeyEntry(_Entry, frozen=True):
    """A seal key, from when to when it may seal, and when it was revoked."""

    jwk: dict[str, Any]
    from_: str = msgspec.field(name="from")
    to: str | None
    revoked_at: str | None


class OfficialEntry(_Entry, frozen=True):
    """An official who may sign: the office, the name, the key and its time."""

    office: Literal["head", "deputy"]
    name: Text
    jwk: dict[str, Any]
    from_: str = msgspec.field(name="from")
    to: str | None
    revoked_at: str | None


class CheckpointEntry(_Entry, frozen=True):
    """The key (C2SP signed-note verifier key) and origin of the gateway's log."""

    vkey: str
    origin: Text


class AuthorityEntry(_Entry, frozen=True):
    """One competent authority."""

    id: Id
    state: Party
    names: Annotated[dict[str, Text], Meta(min_length=1)]
    agreements: tuple[AgreementEntry, ...]
    gateway: GatewayEntry
    seal_keys: Annotated[tuple[SealKeyEntry, ...], Meta(min_length=1)]
    officials: tuple[OfficialEntry, ...]
    checkpoint: CheckpointEntry
    epochs: tuple[str, ...]
    min_suite: Count


class TrustFile(_Entry, frozen=True):
    """One version of one party's list; instants are RFC 3339 in UTC."""

    v: Literal[1]
    party: Party
    version: Count
    issued: str
    next_update: str
    authorities: tuple[AuthorityEntry, ...]


def sign_file(key: Signer, file: TrustFile) -> bytes:
    """Sign a version of a party's list and return the file's bytes.

    Raises:
        KeyRefused: the key is not a trust key.
        CanonicalError: a value that canonical JSON does not hold.

    """
    payload = canonical.encode(msgspec.to_builtins(file))
    return sign_statement(key, TRUST_TYP, payload).encode("ascii")


def open_file(data: bytes, anchor: VerifyKey) -> TrustFile:
    """Verify a file against its party's anchor and read it.

    Raises:
        TrustError: not signed by the anchor, not canonical, or not of this shape.

    """
    try:
        payload = verify_statement(data.decode("ascii"), TRUST_TYP, anchor)
        canonical.check(payload, MAX_STATEMENT_CHARACTERS)
        return msgspec.json.decode(payload, type=TrustFile)
    except (OpenFailed, UnicodeDecodeError) as error:
        raise TrustError("a trust list is not signed by its party's anchor") from error
    except (CanonicalError, msgspec.DecodeError) as error:
        raise TrustError("a trust list has another shape than it must have") from error
