"""`kelisim check-config`: what would keep a node from working, found before it starts."""

import ssl
import stat
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from gateway.bootstrap.building import read_admins, read_anchors, read_lists, read_packs
from gateway.bootstrap.founding import CASES, LOG, SEAL, TOKENS, database_of
from gateway.bootstrap.hooks import check_hooks
from gateway.bootstrap.inspecting import check_inspection
from gateway.bootstrap.publickeys import read_public_key
from gateway.bootstrap.system import SystemClock
from gateway.errors import ConfigError, GatewayError
from gateway.exchange.statements import ADMINS_NEEDED
from gateway.settings import Settings, load_settings
from gateway.store.opening import open_readonly
from keys.custody import FileCustody
from keys.epochs import DAY_MS
from keys.errors import KeysError, TrustError
from keys.jwk import Usage
from keys.trust import Trust
from policies.errors import PoliciesError

_PRIVATE = stat.S_IRWXG | stat.S_IRWXO


class Finding(Struct, frozen=True):
    """One thing that was checked."""

    ok: bool
    text: str


def check(folder: Path) -> list[Finding]:
    """Check a node's folder; nothing is written and nothing is started.

    Raises:
        ConfigError: the configuration itself cannot be read; the text lists every wrong key.
    """
    settings = load_settings(folder)
    checks: list[tuple[str, Callable[[Path, Settings], str]]] = [
        ("secrets", _secrets),
        ("key store", _key_store),
        ("certificates", _certificates),
        ("clients and admins", _people),
        ("trust lists", _trust),
        ("agreements", _packs),
        ("webhooks", check_hooks),
        ("database", _database),
        ("inspection", _inspection),
    ]
    findings = [Finding(ok=True, text=f"{folder / 'kelisim.toml'}: node of {settings.node.authority}")]
    for name, one in checks:
        try:
            findings.append(Finding(ok=True, text=f"{name}: {one(folder, settings)}"))
        except (GatewayError, KeysError, PoliciesError, OSError, ValueError) as error:
            findings.append(Finding(ok=False, text=f"{name}: {error}"))
    return findings


def _secrets(folder: Path, settings: Settings) -> str:
    paths = [settings.keys.master, settings.api.private_key, settings.peer.private_key]
    for path in (folder / one for one in (*paths, settings.peer.client_private_key)):
        if path.stat().st_mode & _PRIVATE:
            raise ConfigError(f"{path} can be read by others; chmod 600 it")
    return "private files are private"


def _key_store(folder: Path, settings: Settings) -> str:
    custody = FileCustody.with_key_file(folder / settings.keys.folder, folder / settings.keys.master)
    for name in (SEAL, LOG, TOKENS):
        custody.signing_key(name)
    custody.secret(CASES)
    kids = custody.encryption_kids()
    if not kids:
        raise ConfigError("there is no encryption key; nobody can send to this node")
    return f"opens; {len(kids)} encryption epoch(s)"


def _certificates(folder: Path, settings: Settings) -> str:
    for section in (settings.api, settings.peer):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / section.certificate, folder / section.private_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(
        folder / settings.peer.client_certificate, folder / settings.peer.client_private_key
    )
    return "certificates and keys belong together"


def _people(folder: Path, settings: Settings) -> str:
    for client in settings.clients.values():
        read_public_key(folder / client.key, Usage.CLIENT)
    admins = read_admins(folder, settings)
    if len(admins) < ADMINS_NEEDED:
        raise ConfigError(f"{len(admins)} admin(s): acts that matter need {ADMINS_NEEDED}")
    return f"{len(settings.clients)} client(s), {len(admins)} admins"


def _trust(folder: Path, settings: Settings) -> str:
    trust = Trust.load(read_lists(folder, settings), read_anchors(folder, settings))
    now = SystemClock().now_ms()
    own = trust.authority(settings.node.authority, now)
    if own is None:
        raise ConfigError(f"no list in force names {settings.node.authority}")
    trust.encryption_key(own.id, now)
    try:
        trust.encryption_key(own.id, now + DAY_MS)
    except TrustError as error:
        raise ConfigError("the encryption epoch ends within a day: kelisim key rotate") from error
    others = [listed.id for listed in trust.authorities(now) if listed.id != own.id]
    return f"{', '.join(trust.parties())}; peers: {', '.join(others) or 'none'}"


def _packs(folder: Path, settings: Settings) -> str:
    packs = read_packs(folder, settings)
    unknown = sorted(set(settings.agreements) - set(packs.agreements))
    if unknown:
        raise ConfigError(f"the configuration names agreements there are not: {', '.join(unknown)}")
    return ", ".join(packs.agreements)


def _inspection(_folder: Path, settings: Settings) -> str:
    return check_inspection(settings.inspection)


def _database(folder: Path, settings: Settings) -> str:
    store = open_readonly(database_of(folder, settings))
    store.close()
    return "is of this version"
