import base64
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from keys import canonical, instants
from keys.encryption import EncryptionPrivateKey
from keys.epochs import DAY_MS, MAX_EPOCH_MS, EncryptionEpoch, sign_epoch, verify_epoch
from keys.errors import KeyRefused, OpenFailed, TrustError
from keys.jwk import SigningKey, Usage
from keys.notes import NoteSigner
from keys.signatures import EPOCH_TYP, TRUST_TYP, sign_statement
from keys.tls import fingerprint, make_authority
from keys.trust import Trust
from keys.trust_file import TrustFile, open_file, sign_file


def at(text: str) -> int:
    return instants.parse(f"2025-{text}T00:00:00Z")


def key_of(usage: Usage, number: int) -> SigningKey:
    return SigningKey(bytes([number]) * 32, usage)


SEAL, OLD_SEAL, HEAD = key_of(Usage.SEAL, 1), key_of(Usage.SEAL, 2), key_of(Usage.OFFICIAL, 3)
ANCHOR, RU_ANCHOR = key_of(Usage.TRUST, 4), key_of(Usage.TRUST, 5)
LOG = NoteSigner("gateway.kz.example/audit/2025", key_of(Usage.CHECKPOINT, 6))
WEEK_1, WEEK_2 = (EncryptionPrivateKey(bytes([number]) * 96).public for number in (7, 8))
CA = make_authority("kz", 0, at("12-31")).certificate_pem.decode()
SERVER_PIN, CLIENT_PIN = fingerprint(b"server"), fingerprint(b"client")


def epoch(start: str, end: str, key: Any = WEEK_1, seal: SigningKey = SEAL, authority: str = "kz/mia") -> str:
    return sign_epoch(seal, authority, key, at(start), at(end)).statement


def seal_key(key: SigningKey = SEAL, **changes: Any) -> dict[str, Any]:
    return {
        "jwk": key.public.to_jwk(),
        "from": "2025-01-01T00:00:00Z",
        "to": None,
        "revoked_at": None,
    } | changes


def official(**changes: Any) -> dict[str, Any]:
    return seal_key(HEAD) | {"office": "head", "name": "Head of the department"} | changes


def authority(**changes: Any) -> dict[str, Any]:
    return {
        "id": "kz/mia",
        "state": "KZ",
        "names": {
            "kk": "Ішкі істер министрлігі",
            "ru": "Министерство внутренних дел",
            "en": "Interior Ministry",
        },
        "agreements": [{"id": "kz-ru-mvd-2008", "from": "2008-10-23", "to": None}],
        "gateway": {
            "url": "https://gateway.kz.example",
            "server_pins": [SERVER_PIN],
            "client_pins": [CLIENT_PIN],
            "ca": [CA],
        },
        "seal_keys": [seal_key()],
        "officials": [official()],
        "checkpoint": {"vkey": LOG.vkey, "origin": LOG.name},
        "epochs": [epoch("01-01", "01-08"), epoch("01-07", "01-15", WEEK_2)],
        "min_suite": 1,
    } | changes


def document(
    version: int = 1, issued: str = "01-01", *authorities: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    return {
        "v": 1,
        "party": "KZ",
        "version": version,
        "issued": f"2025-{issued}T00:00:00Z",
        "next_update": "2025-12-31T00:00:00Z",
        "authorities": list(authorities or (authority(),)),
    } | changes


def signed(content: dict[str, Any], anchor: SigningKey = ANCHOR) -> bytes:
    return sign_statement(anchor, TRUST_TYP, canonical.encode(content)).encode()


def load(*contents: dict[str, Any]) -> Trust:
    return Trust.load({"KZ": [signed(content) for content in contents]}, {"KZ": ANCHOR.public})


def test_an_authority_is_resolved_with_all_it_lists() -> None:
    found = load(document()).authority("kz/mia", at("02-01"))
    assert found is not None
    assert (found.id, found.party, found.version, found.min_suite) == ("kz/mia", "KZ", 1, 1)
    assert found.names["kk"] == "Ішкі істер министрлігі"
    assert found.gateway.url == "https://gateway.kz.example"
    assert (found.gateway.server_pins, found.gateway.ca) == ({SERVER_PIN}, (CA,))
    assert (found.checkpoint, found.origin) == (LOG.verifier, LOG.name)


def test_a_file_made_from_its_shapes_is_the_same_file() -> None:
    data = signed(document())
    file = open_file(data, ANCHOR.public)
    assert sign_file(ANCHOR, file) == data
    assert isinstance(file, TrustFile)
    with pytest.raises(KeyRefused):
        sign_file(SEAL, file)


def test_competence_follows_civil_dates() -> None:
    listed = authority(agreements=[{"id": "kz-tm-2024", "from": "2024-05-01", "to": "2025-05-01"}])
    found = load(document(1, "01-01", listed)).authority("kz/mia", at("02-01"))
    assert found is not None
    assert found.is_listed("kz-tm-2024", date(2024, 5, 1))
    assert found.is_listed("kz-tm-2024", date(2025, 4, 30))
    for agreement, day in (
        ("kz-tm-2024", date(2024, 4, 30)),
        ("kz-tm-2024", date(2025, 5, 1)),
        ("kz-ru-mvd-2008", date(2025, 1, 1)),
    ):
        assert not found.is_listed(agreement, day)


def test_the_version_in_force_is_the_last_one_issued_and_not_expired() -> None:
    trust = load(
        document(1, "01-01", next_update="2025-06-01T00:00:00Z"),
        document(3, "02-01", authority(min_suite=2), next_update="2025-03-01T00:00:00Z"),
    )
    versions = [
        (found.version if (found := trust.in_force("KZ", moment)) else None)
        for moment in (
            at("01-01") - 1,
            at("01-01"),
            at("02-01") - 1,
            at("02-01"),
            at("03-01") - 1,
            at("03-01"),
        )
    ]
    # From March on nothing is in force, although version 1 would have lasted longer: it was replaced.
    assert versions == [None, 1, 1, 3, 3, None]
    assert trust.authority("kz/mia", at("03-01")) is None
    assert trust.by_client_pin(CLIENT_PIN, at("03-01")) == ()
    with pytest.raises(OpenFailed):
        trust.seal_key("kz/mia", SEAL.kid, at("03-01"), at("03-01"))
    with pytest.raises(TrustError):
        trust.encryption_key("kz/mia", at("03-01"))
    latest = trust.latest("KZ")
    assert latest is not None
    assert latest.version == 3


def test_unknown_authorities_and_parties_are_not_found() -> None:
    trust = load(document())
    for name in ("kz/other", "ru/mvd", "", "kz", "/", "KZ/mia"):
        assert trust.authority(name, at("02-01")) is None
    assert trust.latest("RU") is None
    assert trust.parties() == ("KZ",)
    assert [found.id for found in trust.authorities(at("02-01"))] == ["kz/mia"]


def test_a_gateway_is_known_by_its_clients_pin_only() -> None:
    trust = load(document(1, "01-01", authority(), authority(id="kz/gp", epochs=[])))
    assert [found.id for found in trust.by_client_pin(CLIENT_PIN, at("02-01"))] == ["kz/mia", "kz/gp"]
    assert trust.by_client_pin(SERVER_PIN, at("02-01")) == ()
    assert trust.by_client_pin("", at("02-01")) == ()


def test_a_seal_key_is_good_within_its_time() -> None:
    listed = authority(seal_keys=[seal_key(), seal_key(OLD_SEAL, to="2025-03-01T00:00:00Z")])
    trust = load(document(1, "01-01", listed))
    assert trust.seal_key("kz/mia", SEAL.kid, at("02-01"), at("02-02")) == SEAL.public
    # Made in the key's time and received after its end: the message was on its way.
    assert trust.seal_key("kz/mia", OLD_SEAL.kid, at("02-28"), at("03-02")) == OLD_SEAL.public
    for kid, created in ((OLD_SEAL.kid, at("03-01")), ("A" * 43, at("02-01")), (HEAD.kid, at("02-01"))):
        with pytest.raises(OpenFailed):
            trust.seal_key("kz/mia", kid, created, at("03-02"))
    with pytest.raises(OpenFailed):
        trust.seal_key("kz/other", SEAL.kid, at("02-01"), at("02-01"))


def test_a_stolen_key_cannot_backdate() -> None:
    revoked = authority(
        seal_keys=[seal_key(revoked_at="2025-04-01T00:00:00Z"), seal_key(OLD_SEAL)], epochs=[]
    )
    trust = load(document(), document(2, "04-02", revoked))
    assert trust.seal_key("kz/mia", SEAL.kid, at("03-01"), at("04-01") - 1) == SEAL.public
    for first_receipt in (at("04-01"), at("04-02"), at("10-01")):
        with pytest.raises(OpenFailed):
            trust.seal_key("kz/mia", SEAL.kid, at("03-01"), first_receipt)


def test_a_revocation_cannot_be_taken_back() -> None:
    revoked = authority(seal_keys=[seal_key(revoked_at="2025-04-01T00:00:00Z")], epochs=[])
    trust = load(document(1, "01-01", revoked), document(2, "05-01"))
    with pytest.raises(OpenFailed):
        trust.seal_key("kz/mia", SEAL.kid, at("05-02"), at("05-02"))


def test_a_revocation_cannot_be_moved_to_a_later_instant() -> None:
    early, late = (
        authority(seal_keys=[seal_key(revoked_at=f"2025-{day}T00:00:00Z")], epochs=[])
        for day in ("04-01", "06-01")
    )
    trust = load(document(1, "01-01", early), document(2, "02-01", late))
    assert trust.seal_key("kz/mia", SEAL.kid, at("03-01"), at("03-31")) == SEAL.public
    with pytest.raises(OpenFailed):
        trust.seal_key("kz/mia", SEAL.kid, at("03-01"), at("04-01"))


def test_a_key_that_is_no_longer_listed_at_first_receipt_is_refused() -> None:
    without = authority(seal_keys=[seal_key(OLD_SEAL)], officials=[], epochs=[])
    trust = load(document(), document(2, "04-01", without))
    assert trust.seal_key("kz/mia", SEAL.kid, at("03-01"), at("03-31")) == SEAL.public
    with pytest.raises(OpenFailed):
        trust.seal_key("kz/mia", SEAL.kid, at("03-01"), at("04-01"))
    with pytest.raises(OpenFailed):
        trust.official("kz/mia", HEAD.kid, at("03-01"), at("04-01"))


def test_a_key_listed_later_does_not_reach_back() -> None:
    first = authority(seal_keys=[seal_key(OLD_SEAL)], officials=[], epochs=[])
    trust = load(document(1, "01-01", first), document(2, "04-01"))
    assert trust.seal_key("kz/mia", SEAL.kid, at("04-02"), at("04-02")) == SEAL.public
    with pytest.raises(OpenFailed):
        trust.seal_key("kz/mia", SEAL.kid, at("03-01"), at("04-02"))
    with pytest.raises(OpenFailed):
        trust.official("kz/mia", HEAD.kid, at("03-01"), at("04-02"))


def test_an_official_is_resolved_with_the_office() -> None:
    found = load(document()).official("kz/mia", HEAD.kid, at("02-01"), at("02-01"))
    assert (found.key, found.office, found.name) == (HEAD.public, "head", "Head of the department")


def test_an_official_out_of_time_revoked_or_of_another_authority_is_refused() -> None:
    ended = load(document(1, "01-01", authority(officials=[official(to="2025-02-01T00:00:00Z")])))
    revoked = load(document(1, "01-01", authority(officials=[official(revoked_at="2025-02-01T00:00:00Z")])))
    for trust, kid, name in (
        (ended, HEAD.kid, "kz/mia"),
        (revoked, HEAD.kid, "kz/mia"),
        (load(document()), SEAL.kid, "kz/mia"),
        (load(document()), HEAD.kid, "ru/mvd"),
    ):
        with pytest.raises(OpenFailed):
            trust.official(name, kid, at("02-01"), at("02-01"))


def test_the_encryption_key_is_the_newest_epochs() -> None:
    trust = load(document())
    assert trust.encryption_key("kz/mia", at("01-01")) == WEEK_1
    assert trust.encryption_key("kz/mia", at("01-07")) == WEEK_2
    assert trust.encryption_key("kz/mia", at("01-14")) == WEEK_2
    with pytest.raises(TrustError):
        trust.encryption_key("kz/mia", at("01-15"))
    with pytest.raises(TrustError):
        trust.encryption_key("ru/mvd", at("01-07"))


def test_no_epoch_under_a_revoked_key_is_used() -> None:
    revoked = authority(seal_keys=[seal_key(revoked_at="2025-01-05T00:00:00Z")])
    trust = load(document(1, "01-01", revoked))
    assert trust.encryption_key("kz/mia", at("01-04")) == WEEK_1
    with pytest.raises(TrustError):
        trust.encryption_key("kz/mia", at("01-05"))
    statement = epoch("01-05", "01-10")
    assert trust.epoch("kz/mia", statement, at("01-04")).public == WEEK_1
    with pytest.raises(OpenFailed):
        trust.epoch("kz/mia", statement, at("01-05"))


def test_an_announced_epoch_is_the_authoritys_own() -> None:
    trust = load(document(1, "01-01", authority(), authority(id="kz/gp", epochs=[])))
    announced = trust.epoch("kz/mia", epoch("02-01", "02-08", WEEK_2), at("02-01"))
    assert (announced.kid, announced.covers(at("02-08") - 1), announced.covers(at("02-08"))) == (
        WEEK_2.kid,
        True,
        False,
    )
    for name, statement in (
        ("kz/gp", epoch("02-01", "02-08")),
        ("kz/mia", epoch("02-01", "02-08", seal=OLD_SEAL)),
        ("kz/mia", epoch("02-01", "02-08", authority="kz/gp")),
        ("ru/mvd", epoch("02-01", "02-08")),
        ("kz/mia", epoch("02-01", "02-08")[:-1]),
        ("kz/mia", ""),
    ):
        with pytest.raises(OpenFailed):
            trust.epoch(name, statement, at("02-01"))


def test_an_epoch_by_another_key_or_changed_is_refused() -> None:
    good = sign_epoch(SEAL, "kz/mia", WEEK_1, at("01-01"), at("01-08"))
    assert verify_epoch(good.statement, "kz/mia", SEAL.public) == good
    assert isinstance(good, EncryptionEpoch)
    said = {
        "v": 1,
        "authority": "kz/mia",
        "kid": WEEK_1.kid,
        "public": said_in(good.statement, "public"),
        "not_before": "2025-01-01T00:00:00Z",
        "not_after": "2025-01-08T00:00:00Z",
    }
    changes: tuple[dict[str, object], ...] = (
        {"v": 2},
        {"kid": WEEK_2.kid},
        {"public": "AAAA"},
        {"public": 5},
        {"not_after": "2025-01-01T00:00:00Z"},
        {"not_after": "2026-01-01T00:00:00Z"},
        {"not_before": "2025-01-01"},
        {"authority": "kz/gp"},
        {"extra": 1},
    )
    for change in changes:
        statement = sign_statement(SEAL, EPOCH_TYP, canonical.encode(said | change))
        with pytest.raises(OpenFailed):
            verify_epoch(statement, "kz/mia", SEAL.public)
    for statement in (sign_statement(SEAL, EPOCH_TYP, b"{}"), sign_statement(SEAL, EPOCH_TYP, b"not json")):
        with pytest.raises(OpenFailed):
            verify_epoch(statement, "kz/mia", SEAL.public)
    with pytest.raises(OpenFailed):
        verify_epoch(good.statement, "kz/mia", OLD_SEAL.public)


def said_in(statement: str, name: str) -> object:
    payload = statement.split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=="))[name]


def test_epochs_are_stated_by_seal_keys_and_bounded() -> None:
    with pytest.raises(KeyRefused):
        sign_epoch(HEAD, "kz/mia", WEEK_1, 0, DAY_MS)
    for length in (0, -1, MAX_EPOCH_MS + 1):
        with pytest.raises(KeyRefused):
            sign_epoch(SEAL, "kz/mia", WEEK_1, 0, length)


def test_a_new_version_is_added_and_the_old_trust_stays_as_it_was() -> None:
    trust = load(document())
    second = signed(document(2, "02-01", authority(min_suite=2)))
    newer = trust.with_file("KZ", second, ANCHOR.public, at("02-02"))
    assert newer.with_file("KZ", second, ANCHOR.public, at("02-02")) is newer
    before, after = trust.authority("kz/mia", at("02-02")), newer.authority("kz/mia", at("02-02"))
    assert before is not None
    assert after is not None
    assert (before.version, after.version) == (1, 2)


@pytest.mark.parametrize(
    ("version", "issued", "changes"),
    [
        (2, "02-01", {"next_update": "2025-05-01T00:00:00Z"}),
        (1, "02-02", {}),
        (3, "02-01", {}),
        (3, "01-31", {}),
        (3, "07-01", {}),
        (3, "03-01", {"next_update": "2025-06-01T00:00:00Z"}),
        (3, "03-01", {"next_update": "2025-03-01T00:00:00Z"}),
    ],
    ids=[
        "same number",
        "rolled back",
        "same instant",
        "issued before",
        "from the future",
        "expired",
        "never valid",
    ],
)
def test_a_version_that_rolls_back_or_is_out_of_time_is_refused(
    version: int, issued: str, changes: dict[str, Any]
) -> None:
    trust = load(document(), document(2, "02-01"))
    with pytest.raises(TrustError):
        trust.with_file("KZ", signed(document(version, issued, **changes)), ANCHOR.public, at("06-01"))


def test_versions_out_of_order_are_not_loaded() -> None:
    with pytest.raises(TrustError):
        load(document(2, "02-01"), document())
    with pytest.raises(TrustError):
        load(document(), document())


def test_files_not_signed_by_their_partys_anchor_are_refused() -> None:
    good = signed(document())
    first, payload, signature = good.split(b".")
    russian = signed(document(party="RU", authorities=[]), RU_ANCHOR)
    for data, anchor in (
        (good, RU_ANCHOR),
        (signed(document(), RU_ANCHOR), ANCHOR),
        (good, SigningKey(ANCHOR.seed, Usage.SEAL)),
        (canonical.encode(document()), ANCHOR),
        (first + b"." + payload + b".", ANCHOR),
        (b"", ANCHOR),
        (b"\xff" + good, ANCHOR),
        (good + b"\n", ANCHOR),
        (first + b"." + payload[:-4] + b"AAAA." + signature, ANCHOR),
    ):
        with pytest.raises(TrustError):
            Trust.load({"KZ": [data]}, {"KZ": anchor.public})
    with pytest.raises(TrustError):
        Trust.load({"KZ": [russian]}, {"KZ": RU_ANCHOR.public})
    with pytest.raises(TrustError):
        Trust.load({"KZ": [good]}, {"RU": RU_ANCHOR.public})
    with pytest.raises(TrustError):
        load().with_file("KZ", good, RU_ANCHOR.public, at("02-01"))


def _gateway(**changes: Any) -> Callable[[], dict[str, Any]]:
    return lambda: authority(gateway=authority()["gateway"] | changes)


BAD_AUTHORITIES: dict[str, Callable[[], dict[str, Any]]] = {
    "another state": lambda: authority(state="RU"),
    "another party's id": lambda: authority(id="ru/mvd"),
    "an id that only looks like its own": lambda: authority(id="kzx/mia"),
    "an id with a newline": lambda: authority(id="kz/mia\n"),
    "no names": lambda: authority(names={}),
    "an unknown member": lambda: authority(comment="x"),
    "an unknown member inside": _gateway(extra=1),
    "no seal key": lambda: authority(seal_keys=[], epochs=[]),
    "a key listed twice": lambda: authority(seal_keys=[seal_key(), seal_key()]),
    "a private key": lambda: authority(seal_keys=[seal_key(jwk=SEAL.to_private_jwk())]),
    "an official's key as seal": lambda: authority(seal_keys=[seal_key(HEAD)], epochs=[]),
    "a seal key as official's": lambda: authority(officials=[official(jwk=SEAL.public.to_jwk())]),
    "another office": lambda: authority(officials=[official(office="clerk")]),
    "a key that ends before it begins": lambda: authority(seal_keys=[seal_key(to="2024-01-01T00:00:00Z")]),
    "an instant in another form": lambda: authority(seal_keys=[seal_key(revoked_at="yesterday")]),
    "a missing revocation": lambda: authority(
        seal_keys=[{k: v for k, v in seal_key().items() if k != "revoked_at"}]
    ),
    "plain http": _gateway(url="http://gateway.kz.example"),
    "no pin": _gateway(client_pins=[]),
    "a short pin": _gateway(server_pins=["AAAA"]),
    "no authority certificate": _gateway(ca=[]),
    "something else than a certificate": _gateway(ca=["-----BEGIN CERTIFICATE-----"]),
    "another log's key": lambda: authority(
        checkpoint={"vkey": LOG.vkey, "origin": "gateway.ru.example/audit/2025"}
    ),
    "a malformed log key": lambda: authority(checkpoint={"vkey": "x", "origin": LOG.name}),
    "an epoch by a key that is not listed": lambda: authority(
        epochs=[epoch("01-01", "01-08", seal=OLD_SEAL)]
    ),
    "another authority's epoch": lambda: authority(epochs=[epoch("01-01", "01-08", authority="kz/gp")]),
    "an epoch before its key's time": lambda: authority(
        seal_keys=[seal_key(**{"from": "2025-01-02T00:00:00Z"})], epochs=[epoch("01-01", "01-08")]
    ),
    "a changed epoch": lambda: authority(epochs=[epoch("01-01", "01-08")[:-4] + "AAAA"]),
    "a date that is no date": lambda: authority(
        agreements=[{"id": "kz-tm-2024", "from": "2025-02-30", "to": None}]
    ),
    "a date in another form": lambda: authority(
        agreements=[{"id": "kz-tm-2024", "from": "20250201", "to": None}]
    ),
    "suite zero": lambda: authority(min_suite=0),
    "a suite as text": lambda: authority(min_suite="1"),
}


@pytest.mark.parametrize("name", BAD_AUTHORITIES)
def test_a_validly_signed_list_with_a_bad_entry_is_refused(name: str) -> None:
    with pytest.raises(TrustError):
        load(document(1, "01-01", BAD_AUTHORITIES[name]()))


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"version": 0},
        {"version": True},
        {"party": "kz"},
        {"party": "KZ\n"},
        {"issued": "2025-01-01"},
        {"next_update": "2025-01-01T00:00:00Z"},
        {"extra": 1},
        {"authorities": [authority(), authority()]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_validly_signed_list_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TrustError):
        load(document(**changes))


def test_a_list_that_is_not_canonical_is_refused() -> None:
    text = canonical.encode(document())
    for bad in (text.replace(b'"v":1', b'"v": 1'), text[:-1] + b',"version":9}', b"[]", b"", text + b"\n"):
        with pytest.raises(TrustError):
            Trust.load({"KZ": [sign_statement(ANCHOR, TRUST_TYP, bad).encode()]}, {"KZ": ANCHOR.public})
