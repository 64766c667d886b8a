"""Part 1, the structured body: what the officers wrote, in the fields that the agreements ask for.

Which of the fields belong to which kind of message is told by `gateway.exchange.fitting`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from gateway.errors import Invalid
from gateway.exchange.manifest import AuthorityId, Code, Instant, Language, Line, Uuid, placed
from keys import canonical
from keys.errors import CanonicalError

MAX_BODY_BYTES = 1 << 20
Text = Annotated[str, Meta(min_length=1, max_length=200_000)]
Texts = Annotated[list[Text], Meta(min_length=1, max_length=64)]
CivilDate = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
Channel = Literal["direct", "diplomatic", "agreed"]


class Refusal(Struct, frozen=True, forbid_unknown_fields=True):
    """A refusal, whole or (in a result) in part: its ground from the agreement's catalogue and its reason."""

    ground: Code | None
    reason: Text | None
    partial: bool = False
    consultation: Literal["held", "not_possible"] | None = None
    consultation_note: Text | None = None


class Obstacle(Struct, frozen=True, forbid_unknown_fields=True):
    """What hinders or delays execution; a deferral postpones it and names its ground."""

    reason: Text
    deferral: bool = False
    deferral_ground: Code | None = None
    consultation: Literal["held", "not_possible"] | None = None


class Oral(Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked or told orally: this message records it, or (`confirms`) confirms it in writing."""

    made: Instant
    urgency: Code
    confirms: bool = False


class Conditions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Conditions under which the executor would help (`offered`), or the requester's answer to them."""

    offered: Annotated[list[Text], Meta(max_length=32)] = []
    accepted: bool | None = None


class Competence(Struct, frozen=True, forbid_unknown_fields=True):
    """Why not us: the competent authority, if it is known, and whether it has the request already."""

    transferred: bool
    authority: AuthorityId | None


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """A message of another, proven: its signature block. `manifest` holds the bytes as unpadded base64url."""

    manifest: Annotated[str, Meta(max_length=400_000)]
    official: Annotated[str, Meta(max_length=4096)] | None
    seal: Annotated[str, Meta(max_length=4096)]


class Transferred(Struct, frozen=True, forbid_unknown_fields=True):
    """The request that is passed on, and the requester's order to pass it on, where there is one."""

    request: Proof
    order: Proof | None = None


class Amendment(Struct, frozen=True, forbid_unknown_fields=True):
    """A change of a list of authorities, or of an authority's official name or functions.

    Args:
        forwards: in the depositary's notice to the parties, the party's notice that it forwards.
    """

    authority: AuthorityId
    change: Literal["added", "removed", "renamed", "functions", "succeeded"]
    names: Annotated[dict[Language, Line], Meta(max_length=16)]
    effective_from: CivilDate
    successor: AuthorityId | None = None
    forwards: Uuid | None = None


class UseReport(Struct, frozen=True, forbid_unknown_fields=True):
    """How received information was used, and with what result (kz-az-2005/8(2))."""

    use: Text
    results: Text


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """Data found wrong, to be corrected; or restricted, to be destroyed (kz-az-2005/8(4))."""

    action: Literal["correct", "destroy"]
    fault: Literal["wrong", "restricted"]
    items: Texts


class Destruction(Struct, frozen=True, forbid_unknown_fields=True):
    """Data that was destroyed, and on what ground (kz-az-2005/8(4), 8(6))."""

    ground: Code
    items: Texts


class Disclosure(Struct, frozen=True, forbid_unknown_fields=True):
    """Use or disclosure that the holder's own law provides for, told in advance (kz-ru-mvd-2008/8.4)."""

    intended_use: Text
    legal_basis: Text


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body. `elements` maps an element's name (catalogue of the agreement) to its text."""

    v: Literal[1] = 1
    elements: Annotated[dict[Code, Text], Meta(max_length=32)] = {}
    text: Text | None = None
    reason: Text | None = None
    refusal: Refusal | None = None
    obstacle: Obstacle | None = None
    oral: Oral | None = None
    conditions: Conditions | None = None
    competence: Competence | None = None
    transferred: Transferred | None = None
    authentic: bool | None = None
    execute_despite_disclosure: bool | None = None
    amendment: Amendment | None = None
    use_report: UseReport | None = None
    correction: Correction | None = None
    destruction: Destruction | None = None
    disclosure: Disclosure | None = None
    matter: Literal["none", "extradition", "legal_assistance", "sanctioned_measure"] = "none"
    cites: Annotated[list[Code], Meta(max_length=8)] = []
    confidential: bool = False
    partial: bool = False
    law_applied: Text | None = None
    attendance: Literal["none", "permitted", "declined"] = "none"
    channel: Channel = "direct"
    personal_data_checked: bool = False


_decoder = msgspec.json.Decoder(Body)


def encode_body(body: Body) -> bytes:
    """The body's canonical bytes (without salt)."""
    return canonical.encode(msgspec.to_builtins(body))


def decode_body(data: bytes) -> Body:
    """Read a body.

    Raises:
        Invalid: not canonical JSON, or a field is unknown or of the wrong form.
    """
    try:
        canonical.check_identity(data, MAX_BODY_BYTES)
        return _decoder.decode(data)
    except CanonicalError as error:
        raise Invalid([("/body", f"is not canonical JSON (RFC 8785): {error}")]) from error
    except msgspec.ValidationError as error:
        raise Invalid([placed(str(error), "/body")]) from error
