"""Part 1, the structured body: what the officers wrote, in the fields that the agreements ask for."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from gateway.errors import Invalid
from gateway.exchange.manifest import Code, Instant, placed
from keys import canonical
from keys.errors import CanonicalError

MAX_BODY_BYTES = 1 << 20
Text = Annotated[str, Meta(min_length=1, max_length=200_000)]


class Refusal(Struct, frozen=True, forbid_unknown_fields=True):
    """A refusal, whole or partial: its ground from the agreement's catalogue and its reason in words."""

    ground: Code | None
    reason: Text | None
    partial: bool = False
    consultation: Literal["held", "not_possible"] | None = None
    consultation_note: Text | None = None


class Obstacle(Struct, frozen=True, forbid_unknown_fields=True):
    """What hinders or delays execution; a deferral names its ground."""

    reason: Text
    deferral: bool = False
    deferral_ground: Code | None = None
    consultation: Literal["held", "not_possible"] | None = None


class Oral(Struct, frozen=True, forbid_unknown_fields=True):
    """The oral request that this message confirms in writing."""

    made: Instant
    urgency: Code


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body. `elements` maps an element's name (catalogue of the agreement) to its text."""

    v: Literal[1] = 1
    elements: Annotated[dict[Code, Text], Meta(max_length=32)] = {}
    text: Text | None = None
    refusal: Refusal | None = None
    obstacle: Obstacle | None = None
    oral: Oral | None = None
    matter: Literal["none", "extradition", "legal_assistance", "sanctioned_measure"] = "none"
    cites: Annotated[list[Code], Meta(max_length=8)] = []
    confidential: bool = False
    partial: bool = False
    law_applied: Text | None = None


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
