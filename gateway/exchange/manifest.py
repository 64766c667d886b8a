"""The manifest: what a message says of itself under its signatures (design section 3).

Its RFC 8785 bytes are carried and signed as they are. Every field is present, absent values are null, so that
one message has one manifest.
"""

import hashlib
import re
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from gateway.errors import Invalid
from keys import b64, canonical, instants
from keys.errors import CanonicalError

MAX_MANIFEST_BYTES = 256 * 1024
MAX_RECIPIENTS = 16
MAX_PARTS = 64
SUITE: Final = 1
SALT_BYTES = 16
NO_LANGUAGE = "zxx"
"""ISO 639-2: no linguistic content, such as a picture."""
BODY_MEDIA_TYPE = "application/vnd.kelisim.body+json"

Kind = Literal[
    "request",
    "information",
    "acknowledgement",
    "authenticity_query",
    "authenticity_answer",
    "clarification_query",
    "clarification_answer",
    "obstacle_notice",
    "competence_notice",
    "transfer_order",
    "transfer",
    "conditions_answer",
    "consultation",
    "confidentiality_query",
    "confidentiality_answer",
    "refusal",
    "result",
    "withdrawal",
    "closure",
    "amendment_notice",
    "use_report_query",
    "use_report",
    "data_correction",
    "data_destruction",
    "disclosure_notice",
]
KINDS: tuple[str, ...] = get_args(Kind)
OPENING_KINDS: frozenset[str] = frozenset(
    {"request", "information", "consultation", "amendment_notice", "transfer"}
)
"""Kinds that may open a case; every other one answers a message."""
Level = Literal["open", "restricted", "confidential", "state_secret"]

Uuid = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")]
AuthorityId = Annotated[str, Meta(pattern=r"^[a-z]{2}/[a-z0-9][a-z0-9-]{0,62}(/[a-z0-9][a-z0-9-]{0,62})?\Z")]
"""`<state>/<authority>`, or `<state>/<authority>/<unit>` for a unit that an authority designated."""
AgreementId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{1,63}\Z")]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}\Z")]
Digest = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")]
Line = Annotated[str, Meta(min_length=1, max_length=300)]
Instant = Annotated[str, Meta(min_length=20, max_length=24)]
MediaType = Annotated[str, Meta(pattern=r"^[a-z0-9.+-]{1,63}/[a-z0-9.+-]{1,127}\Z")]
_FILE_NAME = re.compile(r"[^\x00-\x1f\x7f/\\]{1,200}")


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """Another part than the manifest. `size` counts the content; `digest` is SHA-256(salt ‖ content)."""

    position: Annotated[int, Meta(ge=1, lt=MAX_PARTS)]
    media_type: MediaType
    size: Annotated[int, Meta(ge=0, le=1 << 40)]
    role: Code
    name: Annotated[str, Meta(max_length=200)] | None
    digest: Digest


class PartLanguage(Struct, frozen=True, forbid_unknown_fields=True):
    """The language of a part, and the part it translates, if it is a translation."""

    part: Annotated[int, Meta(ge=1, lt=MAX_PARTS)]
    language: Language
    translates: Annotated[int, Meta(ge=1, lt=MAX_PARTS)] | None


class Signatory(Struct, frozen=True, forbid_unknown_fields=True):
    """The official who signs: a name for the reader, the office for the rule. The key proves both."""

    name: Line
    office: Literal["head", "deputy"]


class PersonalData(Struct, frozen=True, forbid_unknown_fields=True):
    """What the giver lays down for personal data (kz-az-2005/8). What is missing, the packs ask for."""

    purpose: Line | None
    conditions: Line | None
    delete_by: Instant | None


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """A received message that this one carries or derives from."""

    originator: AuthorityId
    agreement: AgreementId
    message: Uuid
    manifest: Digest


class Manifest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every field of a manifest. Times are RFC 3339 UTC."""

    v: Literal[1]
    suite: Literal[1]
    id: Uuid
    kind: Kind
    case: Uuid
    in_reply_to: Uuid | None
    agreement: AgreementId
    pack: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{1,63}@[0-9A-Za-z][0-9A-Za-z.-]{0,31}\Z")]
    originator: AuthorityId
    sender: AuthorityId
    recipients: Annotated[list[AuthorityId], Meta(min_length=1, max_length=MAX_RECIPIENTS)]
    created: Instant
    expires: Instant
    subject: Annotated[list[Code], Meta(max_length=16)]
    subject_reason: Line | None
    form: Code | None
    purpose: Line | None
    level: Level
    marking: Line | None
    caveats: Annotated[list[Code], Meta(max_length=16)]
    languages: Annotated[list[PartLanguage], Meta(max_length=MAX_PARTS)]
    personal_data: PersonalData | None
    parts: Annotated[list[Part], Meta(min_length=1, max_length=MAX_PARTS - 1)]
    sources: Annotated[list[Source], Meta(max_length=32)]
    consents: Annotated[list[Uuid], Meta(max_length=32)]
    signatory: Signatory | None

    @property
    def created_ms(self) -> int:
        return instants.parse(self.created)

    @property
    def expires_ms(self) -> int:
        return instants.parse(self.expires)


_decoder = msgspec.json.Decoder(Manifest)


def encode_manifest(manifest: Manifest) -> bytes:
    """The manifest's canonical bytes (RFC 8785), the ones to sign."""
    return canonical.encode(msgspec.to_builtins(manifest))


def manifest_digest(data: bytes) -> str:
    """SHA-256 of the manifest's bytes as unpadded base64url: with sealer and id, a message's identity."""
    return b64.encode(hashlib.sha256(data).digest())


def part_digest(salted: bytes) -> str:
    """Digest of a part from its 16 salt bytes followed by its content."""
    return b64.encode(hashlib.sha256(salted).digest())


def decode_manifest(data: bytes) -> Manifest:
    """Read canonical manifest bytes and check everything that needs no other knowledge.

    Raises:
        Invalid: not canonical, a field is missing, unknown or of the wrong form, or fields contradict
            each other; every contradiction is listed with its place.
    """
    try:
        canonical.check_identity(data, MAX_MANIFEST_BYTES)
        manifest = _decoder.decode(data)
    except CanonicalError as error:
        raise Invalid([("/manifest", f"is not canonical JSON (RFC 8785): {error}")]) from error
    except msgspec.ValidationError as error:
        raise Invalid([placed(str(error), "/manifest")]) from error
    problems = contradictions(manifest)
    if problems:
        raise Invalid([(f"/manifest{place}", what) for place, what in problems])
    return manifest


def placed(message: str, root: str) -> tuple[str, str]:
    """A msgspec message as (JSON pointer, problem)."""
    problem, _, path = message.partition(" - at `$")
    pointer = re.sub(r"[.\[]+", "/", path.rstrip("`")).replace("]", "")
    return root + pointer, problem[0].lower() + problem[1:]


def contradictions(manifest: Manifest) -> list[tuple[str, str]]:
    """What is wrong in a well-formed manifest, as (JSON pointer, problem)."""
    return [*_times(manifest), *_addresses(manifest), *_parts(manifest), *_languages(manifest)]


def _times(manifest: Manifest) -> list[tuple[str, str]]:
    problems = []
    for field in ("created", "expires"):
        try:
            instants.parse(getattr(manifest, field))
        except CanonicalError as error:
            problems.append((f"/{field}", str(error)))
    if not problems and manifest.expires_ms <= manifest.created_ms:
        problems.append(("/expires", "is not after created"))
    if manifest.personal_data is not None and manifest.personal_data.delete_by is not None:
        try:
            instants.parse(manifest.personal_data.delete_by)
        except CanonicalError as error:
            problems.append(("/personal_data/delete_by", str(error)))
    return problems


def _addresses(manifest: Manifest) -> list[tuple[str, str]]:
    problems = []
    if manifest.recipients != sorted(set(manifest.recipients)):
        problems.append(("/recipients", "must be sorted and without duplicates"))
    if manifest.sender in manifest.recipients:
        problems.append(("/recipients", "names the sender"))
    if manifest.kind not in OPENING_KINDS and manifest.in_reply_to is None:
        problems.append(("/in_reply_to", f"a message of kind {manifest.kind} answers another"))
    return problems


def _parts(manifest: Manifest) -> list[tuple[str, str]]:
    problems = []
    if [part.position for part in manifest.parts] != list(range(1, len(manifest.parts) + 1)):
        problems.append(("/parts", "positions must be 1, 2, ... in order"))
    first = manifest.parts[0]
    if (first.role, first.media_type) != ("body", BODY_MEDIA_TYPE):
        problems.append(("/parts/0", f"must be the body, of type {BODY_MEDIA_TYPE}"))
    for index, part in enumerate(manifest.parts):
        if part.name is not None and not _FILE_NAME.fullmatch(part.name):
            problems.append((f"/parts/{index}/name", "is not a plain file name"))
        if index and part.role == "body":
            problems.append((f"/parts/{index}/role", "there is one body, part 1"))
    return problems


def _languages(manifest: Manifest) -> list[tuple[str, str]]:
    positions = {part.position for part in manifest.parts}
    problems = []
    for index, entry in enumerate(manifest.languages):
        if entry.part not in positions:
            problems.append((f"/languages/{index}/part", "names a part there is not"))
        if entry.translates is not None and (
            entry.translates not in positions or entry.translates == entry.part
        ):
            problems.append((f"/languages/{index}/translates", "names a part it cannot translate"))
    listed = [entry.part for entry in manifest.languages]
    if len(listed) != len(set(listed)):
        problems.append(("/languages", "states a part's language twice"))
    problems.extend(
        ("/languages", f"does not state the language of part {position} ({NO_LANGUAGE}: none)")
        for position in sorted(positions - set(listed))
    )
    return problems
