"""Fixed keys, fixed bytes and one small world that every vector is made from; nothing here is a secret."""

import hashlib
from collections.abc import Callable

import msgspec

from gateway.exchange.body import Body, encode_body
from gateway.exchange.manifest import (
    BODY_MEDIA_TYPE,
    SALT_BYTES,
    Manifest,
    Part,
    PartLanguage,
    Signatory,
    encode_manifest,
    part_digest,
)
from keys import b64, instants
from keys.encryption import EncryptionPrivateKey
from keys.epochs import EncryptionEpoch, sign_epoch
from keys.jwk import SigningKey, Usage
from keys.notes import NoteSigner
from keys.trust_file import (
    AgreementEntry,
    AuthorityEntry,
    CheckpointEntry,
    GatewayEntry,
    OfficialEntry,
    SealKeyEntry,
    TrustFile,
    sign_file,
)

SENDER, RECIPIENT, OTHER = "kz/mia", "ru/mia", "tm/mia"
HEAD_NAME = "Head of the ministry"
DEPUTY_NAME = "Deputy head of the ministry"
CREATED = instants.parse("2026-01-15T09:00:00Z")
RECEIPT = CREATED + 5_000
EXPIRES = CREATED + 3 * 86_400_000
LIST_ISSUED = "2026-01-01T00:00:00Z"
LIST_REVOKING = "2026-01-15T09:00:04Z"
NEXT_UPDATE = "2027-01-01T00:00:00Z"
KEYS_FROM = "2026-01-01T00:00:00Z"
ENVELOPE_ID = "0190c2f4-7d1e-4a52-9b1f-0123456789ab"
MESSAGE_ID = "019bc0a5-a900-7000-8000-000000000001"
CASE_ID = "019bc0a5-a900-7000-8000-0000000000c1"
ORIGIN = "gateway.mia.kz.example/audit/2026"
PEER_ORIGIN = "gateway.mia.ru.example/audit/2026"


def stream_of(label: str) -> Callable[[int], bytes]:
    """random(n) for one label: SHAKE-256 of label and call number, the same every time."""
    calls = iter(range(1 << 30))
    return lambda length: hashlib.shake_256(f"kelisim vectors/{label}/{next(calls)}".encode()).digest(length)


def signing_key(label: str, usage: Usage) -> SigningKey:
    """The signing key of a label."""
    return SigningKey.generate(usage, stream_of(f"signing/{usage}/{label}"))


SEAL = signing_key("kz", Usage.SEAL)
SEAL_OLD = signing_key("kz-revoked", Usage.SEAL)
SEAL_ENDED = signing_key("kz-ended", Usage.SEAL)
SEAL_UNLISTED = signing_key("kz-unlisted", Usage.SEAL)
SEAL_RU = signing_key("ru", Usage.SEAL)
HEAD = signing_key("kz-head", Usage.OFFICIAL)
DEPUTY = signing_key("kz-deputy", Usage.OFFICIAL)
HEAD_RU = signing_key("ru-head", Usage.OFFICIAL)
ADMIN = signing_key("admin", Usage.ADMIN)
TRUST_KZ = signing_key("KZ", Usage.TRUST)
TRUST_RU = signing_key("RU", Usage.TRUST)
LOG = NoteSigner(ORIGIN, signing_key("kz-log", Usage.CHECKPOINT))
LOG_RU = NoteSigner(PEER_ORIGIN, signing_key("ru-log", Usage.CHECKPOINT))
LOG_RU_OTHER = NoteSigner(PEER_ORIGIN, signing_key("ru-log-other", Usage.CHECKPOINT))
LOG_THIRD = NoteSigner("gateway.mia.tm.example/audit/2026", signing_key("tm-log", Usage.CHECKPOINT))
ENCRYPTION = EncryptionPrivateKey.generate(stream_of("encryption/ru"))
ENCRYPTION_OTHER = EncryptionPrivateKey.generate(stream_of("encryption/other"))

BODY = stream_of("salt/body")(SALT_BYTES) + encode_body(
    Body(elements={"content": "Просим проверить сведения.", "purpose": "Установить местонахождение."})
)
ANNEX = stream_of("salt/annex")(SALT_BYTES) + b"%PDF-1.7 invented annex\n" + bytes(range(256))


def epoch(
    key: SigningKey = SEAL_RU, authority: str = RECIPIENT, encryption: EncryptionPrivateKey = ENCRYPTION
) -> EncryptionEpoch:
    """A statement that `encryption` is the authority's key from 10 to 20 January 2026."""
    start, end = instants.parse("2026-01-10T00:00:00Z"), instants.parse("2026-01-20T00:00:00Z")
    return sign_epoch(key, authority, encryption.public, start, end)


def part(position: int, salted: bytes, media_type: str, role: str, name: str | None = None) -> Part:
    """A manifest's entry for 16 salt bytes and content."""
    return Part(position, media_type, len(salted) - SALT_BYTES, role, name, part_digest(salted))


MANIFEST = Manifest(
    v=1,
    suite=1,
    id=MESSAGE_ID,
    kind="request",
    case=CASE_ID,
    in_reply_to=None,
    agreement="kz-ru-mvd-2008",
    pack="kz-ru-mvd-2008@1",
    originator=SENDER,
    sender=SENDER,
    recipients=[RECIPIENT],
    created=instants.write(CREATED),
    expires=instants.write(EXPIRES),
    subject=["property"],
    subject_reason=None,
    form="information",
    purpose="crime-solving",
    level="restricted",
    marking="Қызмет бабында пайдалану үшін",
    caveats=[],
    languages=[PartLanguage(1, "ru", None), PartLanguage(2, "ru", None)],
    personal_data=None,
    parts=[
        part(1, BODY, BODY_MEDIA_TYPE, "body"),
        part(2, ANNEX, "application/pdf", "attachment", "annex.pdf"),
    ],
    sources=[],
    consents=[],
    signatory=Signatory(HEAD_NAME, "head"),
)
MANIFEST_BYTES = encode_manifest(MANIFEST)


def manifest_with(**changes: object) -> Manifest:
    """The vectors' manifest with some fields replaced."""
    return msgspec.structs.replace(MANIFEST, **changes)


def seal_entry(key: SigningKey, *, to: str | None = None, revoked_at: str | None = None) -> SealKeyEntry:
    """A listed seal key."""
    return SealKeyEntry(key.public.to_jwk(), KEYS_FROM, to, revoked_at)


def official_entry(key: SigningKey, office: str, name: str) -> OfficialEntry:
    """A listed official."""
    return OfficialEntry(
        "head" if office == "head" else "deputy", name, key.public.to_jwk(), KEYS_FROM, None, None
    )


def sender_entry(ca: str) -> AuthorityEntry:
    """The sender as its party's first list has it."""
    return AuthorityEntry(
        id=SENDER,
        state="KZ",
        names={"en": "Ministry of Internal Affairs", "ru": "Министерство внутренних дел"},
        agreements=(AgreementEntry("kz-ru-mvd-2008", "2008-10-23", None),),
        gateway=GatewayEntry(
            "https://gateway.mia.kz.example", (pin("kz-server"),), (pin("kz-client"),), (ca,)
        ),
        seal_keys=(
            seal_entry(SEAL),
            seal_entry(SEAL_OLD),
            seal_entry(SEAL_ENDED, to="2026-01-14T00:00:00Z"),
        ),
        officials=(official_entry(HEAD, "head", HEAD_NAME), official_entry(DEPUTY, "deputy", DEPUTY_NAME)),
        checkpoint=CheckpointEntry(LOG.vkey, ORIGIN),
        epochs=(),
        min_suite=1,
    )


def recipient_entry(ca: str) -> AuthorityEntry:
    """The recipient as its party's list has it."""
    return AuthorityEntry(
        id=RECIPIENT,
        state="RU",
        names={"en": "Ministry of Internal Affairs"},
        agreements=(AgreementEntry("kz-ru-mvd-2008", "2008-10-23", None),),
        gateway=GatewayEntry(
            "https://gateway.mia.ru.example", (pin("ru-server"),), (pin("ru-client"),), (ca,)
        ),
        seal_keys=(seal_entry(SEAL_RU),),
        officials=(official_entry(HEAD_RU, "head", HEAD_NAME),),
        checkpoint=CheckpointEntry(LOG_RU.vkey, PEER_ORIGIN),
        epochs=(epoch().statement,),
        min_suite=1,
    )


def pin(label: str) -> str:
    """A pin in form: SHA-256 of a label in place of a certificate."""
    return b64.encode(hashlib.sha256(f"kelisim vectors/certificate/{label}".encode()).digest())


def trust_file(party: str, version: int, issued: str, *entries: AuthorityEntry) -> TrustFile:
    """One version of a party's list."""
    return TrustFile(1, party, version, issued, NEXT_UPDATE, entries)


def trust_files(ca: str) -> dict[str, list[bytes]]:
    """The lists that the vectors are judged by: KZ's second version revokes a seal key four seconds after
    `created`, one second before first receipt."""
    first = sender_entry(ca)
    keys = (first.seal_keys[0], seal_entry(SEAL_OLD, revoked_at=LIST_REVOKING), first.seal_keys[2])
    second = msgspec.structs.replace(first, seal_keys=keys)
    return {
        "KZ": [
            sign_file(TRUST_KZ, trust_file("KZ", 1, LIST_ISSUED, first)),
            sign_file(TRUST_KZ, trust_file("KZ", 2, LIST_REVOKING, second)),
        ],
        "RU": [sign_file(TRUST_RU, trust_file("RU", 1, LIST_ISSUED, recipient_entry(ca)))],
    }


ANCHORS = {"KZ": TRUST_KZ.public, "RU": TRUST_RU.public}
