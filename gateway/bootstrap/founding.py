"""`kelisim init`: a node's folder with configuration, keys, certificates and an empty database.

kelisim.toml        configuration
secrets/            master key, private halves of certificates (mode 0600)
keys/               encrypted key store
tls/                certificates, public
trust/lists/KZ/1.jws, trust/anchors/KZ.jwk
data/ vault/ head/ blobs/   state; the vault and the head lie apart from the database
public/authority.json       what the party's trust list must say of this authority
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from gateway.errors import ConfigError
from gateway.settings import CONFIG_NAME, Settings, load_settings, parse_settings
from keys import instants
from keys.custody import FileCustody, create_key_file
from keys.encryption import EncryptionPrivateKey
from keys.epochs import DEFAULT_EPOCH_MS, EncryptionEpoch, sign_epoch, verify_epoch
from keys.errors import CustodyError
from keys.jwk import SigningKey, Usage, VerifyKey
from keys.notes import NoteSigner
from keys.tls import Role, issue_leaf, make_authority
from keys.trust_file import (
    AgreementEntry,
    AuthorityEntry,
    CheckpointEntry,
    GatewayEntry,
    OfficialEntry,
    SealKeyEntry,
)
from keys.wrapping import KEY_BYTES

YEAR_MS = 365 * 86_400_000
_FOLDERS = ("secrets", "tls", "trust/lists", "trust/anchors", "data", "vault", "head", "blobs", "public")
SEAL, LOG, TOKENS, CASES = "seal", "log", "tokens", "cases"


@dataclass(frozen=True)
class Official:
    """An official to be listed: office (`head` or `deputy`), name, public key."""

    office: Literal["head", "deputy"]
    name: str
    key: VerifyKey


@dataclass(frozen=True)
class Founding:
    """What a new node is told.

    Args:
        authority: its id, such as `kz/mia`.
        names: the authority's name by language.
        domain: names its log; also the host in its certificates unless `host` is an address.
        host: where both listeners bind and how peers reach them.
        agreements: agreement id and the civil date from which the authority is competent under it.
        officials: who may sign.
        clients: public keys of agency systems, by client id.
        admins: public keys of admins, by name.
    """

    authority: str
    names: dict[str, str]
    domain: str
    host: str
    api_port: int
    peer_port: int
    agreements: dict[str, str]
    officials: list[Official]
    clients: dict[str, VerifyKey]
    admins: dict[str, VerifyKey]


def found(folder: Path, founding: Founding, now: int) -> AuthorityEntry:
    """Make the node's folder.

    Args:
        now: from when its keys and certificates are valid (Unix milliseconds).

    Returns:
        The entry for the party's trust list, also written to `public/authority.json`.

    Raises:
        ConfigError: the folder holds a node already, or cannot be written.
    """
    if (folder / CONFIG_NAME).exists():
        raise ConfigError(f"{folder} holds a node already")
    year = datetime.fromtimestamp(now / 1000, UTC).year
    # Before anything is made: a wrong option must not leave half a node behind.
    parse_settings(_toml(founding, year), f"{folder / CONFIG_NAME} as it would be")
    try:
        return _found(folder, founding, now, year)
    except (OSError, CustodyError) as error:
        raise ConfigError(f"{folder} cannot be made: {error}") from error


def _found(folder: Path, founding: Founding, now: int, year: int) -> AuthorityEntry:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    origin = f"{founding.domain}/audit/{year}"
    create_key_file(folder / "secrets" / "master.key")
    custody = FileCustody.with_key_file(folder / "keys", folder / "secrets" / "master.key")
    seal, log = SigningKey.generate(Usage.SEAL), SigningKey.generate(Usage.CHECKPOINT)
    custody.store_signing_key(SEAL, seal)
    custody.store_signing_key(LOG, log)
    custody.store_signing_key(TOKENS, SigningKey.generate(Usage.TOKENS))
    custody.store_secret(CASES, os.urandom(KEY_BYTES))
    epoch = new_epoch(custody, seal, founding.authority, now, max_validity_ms=14 * 86_400_000)
    gateway = _certificates(folder, founding, now)
    entry = AuthorityEntry(
        id=founding.authority,
        state=founding.authority.partition("/")[0].upper(),
        names=founding.names,
        agreements=tuple(AgreementEntry(k, v, None) for k, v in sorted(founding.agreements.items())),
        gateway=gateway,
        seal_keys=(SealKeyEntry(seal.public.to_jwk(), instants.write(now - now % 1000), None, None),),
        officials=tuple(_official(one, now) for one in founding.officials),
        checkpoint=CheckpointEntry(NoteSigner(origin, log).vkey, origin),
        epochs=(epoch.statement,),
        min_suite=1,
    )
    (folder / "public" / "authority.json").write_bytes(msgspec.json.format(msgspec.json.encode(entry)))
    _write_people(folder, founding)
    (folder / CONFIG_NAME).write_text(_toml(founding, year), encoding="utf-8")
    # Imported here: the migrations would cost every command that only reads this module its start.
    from gateway.store.schema import upgrade

    settings = load_settings(folder)
    upgrade(database_of(folder, settings))
    return entry


def database_of(folder: Path, settings: Settings) -> str | Path:
    """The database: a URL as it stands, or a file in the node's folder."""
    url = settings.store.url
    return url if "://" in url else folder / url


def new_epoch(
    custody: FileCustody, seal: SigningKey, authority: str, now: int, max_validity_ms: int
) -> EncryptionEpoch:
    """Generate an encryption key, keep its private half until no message to it can arrive, and sign it."""
    key = EncryptionPrivateKey.generate()
    start = now - now % 1000
    end = start + DEFAULT_EPOCH_MS
    custody.store_encryption_key(key, destroy_after=end + max_validity_ms)
    return sign_epoch(seal, authority, key.public, start, end)


def rotate_epoch(folder: Path, now: int) -> EncryptionEpoch:
    """Begin a new encryption epoch and put it into `public/authority.json` beside those still running.

    The party's operator then signs a new list with it; until peers have that list they use the old epoch.

    Raises:
        ConfigError: the folder is no node's, or its entry cannot be read.
    """
    settings = load_settings(folder)
    custody = FileCustody.with_key_file(folder / settings.keys.folder, folder / settings.keys.master)
    seal = custody.signing_key(SEAL)
    public = folder / "public" / "authority.json"
    try:
        entry = msgspec.json.decode(public.read_bytes(), type=AuthorityEntry)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{public}: {error}") from error
    validity_ms = settings.exchange.max_validity_s * 1000
    epoch = new_epoch(custody, seal, settings.node.authority, now, validity_ms)
    known = [verify_epoch(one, settings.node.authority, seal.public) for one in entry.epochs]
    running = [one.statement for one in known if one.not_after > now]
    renewed = msgspec.structs.replace(entry, epochs=(*running, epoch.statement))
    public.write_bytes(msgspec.json.format(msgspec.json.encode(renewed)))
    return epoch


def _official(one: Official, now: int) -> OfficialEntry:
    since = instants.write(now - now % 1000)
    return OfficialEntry(one.office, one.name, one.key.to_jwk(), since, None, None)


def _certificates(folder: Path, founding: Founding, now: int) -> GatewayEntry:
    start, end = now - 3_600_000, now + 2 * YEAR_MS
    authority = make_authority(f"{founding.authority} gateway CA", start, end)
    hosts = [founding.host] if founding.host == founding.domain else [founding.host, founding.domain]
    server = issue_leaf(authority, Role.SERVER, hosts, start, end)
    client = issue_leaf(authority, Role.CLIENT, hosts, start, end)
    authority.save(folder / "tls" / "ca.crt", folder / "secrets" / "ca.key")
    server.save(folder / "tls" / "server.crt", folder / "secrets" / "server.key")
    client.save(folder / "tls" / "client.crt", folder / "secrets" / "client.key")
    return GatewayEntry(
        f"https://{founding.host}:{founding.peer_port}",
        (server.pin,),
        (client.pin,),
        (authority.certificate_pem.decode(),),
    )


def _write_people(folder: Path, founding: Founding) -> None:
    for kind, people in (("clients", founding.clients), ("admins", founding.admins)):
        (folder / kind).mkdir(exist_ok=True)
        for name, key in people.items():
            (folder / kind / f"{name}.jwk").write_text(json.dumps(key.to_jwk(), indent=1) + "\n")


def _toml(founding: Founding, year: int) -> str:
    base = f"https://{founding.host}:{founding.api_port}"
    lines = [
        "# Configuration of one Kelisim node. Unknown keys are refused; `kelisim check-config` checks it.",
        "[node]",
        f'authority = "{founding.authority}"',
        f'domain = "{founding.domain}"',
        f"log_year = {year}",
        "",
        "[api]",
        f'host = "{founding.host}"',
        f"port = {founding.api_port}",
        f'issuer = "{base}"',
        'certificate = "tls/server.crt"',
        'private_key = "secrets/server.key"',
        "",
        "[peer]",
        f'host = "{founding.host}"',
        f"port = {founding.peer_port}",
        'certificate = "tls/server.crt"',
        'private_key = "secrets/server.key"',
        'client_certificate = "tls/client.crt"',
        'client_private_key = "secrets/client.key"',
    ]
    for name in founding.clients:
        lines += ["", f"[clients.{name}]", f'key = "clients/{name}.jwk"', 'clearance = "confidential"']
    for name in founding.admins:
        lines += ["", f"[admins.{name}]", f'key = "admins/{name}.jwk"']
    return "\n".join([*lines, ""])
