"""One TOML file per node into one frozen model. Unknown keys are refused, secrets are only paths."""

import tomllib
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gateway.errors import ConfigError

CONFIG_NAME = "kelisim.toml"
_AUTHORITY = r"^[a-z]{2}/[a-z0-9][a-z0-9-]{0,62}(/[a-z0-9][a-z0-9-]{0,62})?$"
ClientId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Scope = Literal["send", "read", "collect", "simulate"]


HookEvent = Literal[
    "message.received", "case.changed", "clock.reminder", "clock.overdue", "evidence.received"
]
_DEFAULT_PORTS = {"https": 443, "http": 80}


def origin_of(url: str) -> str:
    """The exact origin of a webhook's target, with its port: `https://hooks.example:443`.

    Raises:
        ValueError: another scheme than https or http, no host, or a user, query or fragment in it.
    """
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or not url.isascii() or " " in url:
        raise ValueError("is no https address")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("must not have a user, a query or a fragment")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeSection(_Section):
    """Whose node this is. `domain` names its log: `<domain>/audit/<log_year>`."""

    authority: str = Field(pattern=_AUTHORITY)
    domain: str = Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
    log_year: int = Field(ge=2024, le=2999)


class ListenSection(_Section):
    """An address to listen on, always with TLS 1.3."""

    host: str
    port: int = Field(ge=0, le=65535)
    certificate: Path
    private_key: Path


class ApiSection(ListenSection):
    """The listener for agency systems. `issuer` is the `aud` that client assertions must name."""

    issuer: str
    token_lifetime_s: int = Field(default=600, ge=30, le=600)
    max_request_bytes: int = Field(default=2 * 1024 * 1024, ge=4096)
    request_timeout_s: float = Field(default=30, gt=0)
    long_poll_max_s: float = Field(default=30, ge=0, le=120)
    requests_per_minute: int = Field(default=600_000, ge=1)
    unauthenticated_per_minute: int = Field(default=120, ge=1)


class PeerSection(ListenSection):
    """The listener for peers, and the certificate this node shows when it calls them."""

    client_certificate: Path
    client_private_key: Path
    max_request_bytes: int = Field(default=48 * 1024 * 1024, ge=65536)
    request_timeout_s: float = Field(default=30, gt=0)


class StoreSection(_Section):
    """Where state lies. `url`: SQLAlchemy URL or path of an SQLite file; the vault must lie elsewhere."""

    url: str = "data/kelisim.db"
    vault: Path = Path("vault/keys.db")
    head: Path = Path("head/checkpoint")
    blobs: Path = Path("blobs")


class KeySection(_Section):
    """The key store: a folder of encrypted files and the file with the key that opens them."""

    folder: Path = Path("keys")
    master: Path = Path("secrets/master.key")


class TrustSection(_Section):
    """Signed trust lists (`<party>/<version>.jws`) and the parties' trust keys (`<party>.jwk`)."""

    lists: Path = Path("trust/lists")
    anchors: Path = Path("trust/anchors")


class ExchangeSection(_Section):
    """Limits and habits of the exchange.

    `batch_envelopes` is well below the protocol's 64: while the peer works on one batch this node takes in
    the next, and both cores are busy (docs/PERFORMANCE.md).
    """

    max_validity_s: int = Field(default=14 * 86400, ge=60)
    default_validity_s: int = Field(default=3 * 86400, ge=60)
    max_clock_skew_s: int = Field(default=120, ge=0, le=600)
    batch_envelopes: int = Field(default=32, ge=1, le=64)
    max_inline_part_bytes: int = Field(default=256 * 1024, ge=4096)
    max_attachment_bytes: int = Field(default=2 * 1024**3, ge=1)
    max_quarantine_bytes_per_peer: int = Field(default=8 * 1024**3, ge=1)
    max_upload_bytes_per_client: int = Field(default=8 * 1024**3, ge=1)
    retry_first_s: float = Field(default=0.5, gt=0)
    retry_max_s: float = Field(default=300, gt=0)


class ClockSection(_Section):
    """Time limits. `at_once_grace_s`: where an agreement says "at once", a flag is raised only after this."""

    at_once_grace_s: int = Field(default=86400, ge=60)


class WebhooksSection(_Section):
    """Where webhooks may go, and how they are tried.

    `allowed_origins` lists exact origins (scheme, host, port); a client's target must be one of them.
    Addresses that are not public are refused unless they lie in one of `allowed_networks`.
    `loopback_http` also lets plain HTTP go to this machine itself, for tests. `ca`: certificate authorities
    of the receivers (PEM), instead of the machine's.
    """

    allowed_origins: tuple[str, ...] = ()
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    loopback_http: bool = False
    ca: Path | None = None
    timeout_s: float = Field(default=10, gt=0, le=60)
    retry_first_s: float = Field(default=5, gt=0)
    retry_max_s: float = Field(default=3600, gt=0)
    give_up_after_s: int = Field(default=3 * 86400, ge=1)

    @field_validator("allowed_origins")
    @classmethod
    def _exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if urlsplit(origin).path not in ("", "/"):
                raise ValueError(f"{origin} is more than an origin")
        return tuple(origin_of(origin) for origin in origins)


class ClientWebhooks(_Section):
    """A client's webhooks. `secret`: file with `whsec_...` (Standard Webhooks), for its owner only."""

    url: str
    secret: Path
    events: tuple[HookEvent, ...] = Field(
        default=("message.received", "case.changed", "clock.reminder", "clock.overdue", "evidence.received"),
        min_length=1,
    )


class ClientSection(_Section):
    """An agency system. Its key is a public JWK file; its clearance bounds what it may collect."""

    key: Path
    scopes: tuple[Scope, ...] = ("send", "read", "collect", "simulate")
    clearance: Literal["open", "restricted", "confidential"] = "restricted"
    caveats: tuple[str, ...] = ()
    webhooks: ClientWebhooks | None = None


class AdminSection(_Section):
    """An admin: a public JWK file. The private half is kept outside the node's folder."""

    key: Path


class NoticeSection(_Section):
    """A notice on record that changes the list of an agreement's competent authorities."""

    authority: str = Field(pattern=_AUTHORITY)
    since: date
    reference: str = Field(min_length=1)
    listed: bool = True


class AgreementSection(_Section):
    """What this authority has on record with its counterpart under an agreement.

    `subjects_agreed`, `forms_agreed`: further subjects and forms, by code. `measures_agreed`: forms that need
    a mutual agreement each, such as controlled delivery, and have it. `channel_agreed`: this gateway is an
    agreed channel, or expressly is none.
    """

    language_agreed: bool = False
    subjects_agreed: tuple[str, ...] = ()
    forms_agreed: tuple[str, ...] = ()
    measures_agreed: tuple[str, ...] = ()
    channel_agreed: bool | None = None
    notices: tuple[NoticeSection, ...] = ()


class PolicySection(_Section):
    """Packs beside those shipped: `extra_packs` is a folder with one folder per agreement."""

    extra_packs: Path | None = None


class InspectionSection(_Section):
    """Inspection of content: the lexicon, what a file may cost, how pictures are read, what labels mean.

    `lexicon`: the lexicon of markings, and `lexicon_key` the public key (JWK, usage trust) its signature is
    checked with; the signature lies beside the lexicon, with the ending `.jws`. Default: those that come with
    the software.
    `ocr_languages`: models of tesseract (`deploy/install_ocr.sh` installs them); none means no OCR, and
    pictures and scanned pages are then uninspectable. Pictures inside documents up to
    `max_unread_image_pixels` (icons, emblems) pass unread.
    `labels`: for every partner under `any`, or for one authority, a label's id such as `msip:<guid>` and its
    verdict; an id that is not there is held.
    """

    lexicon: Path | None = None
    lexicon_key: Path | None = None
    workers: int = Field(default=2, ge=1, le=64)
    timeout_s: float = Field(default=120, gt=0)
    max_cpu_s: float = Field(default=30, gt=0)
    max_worker_memory_bytes: int = Field(default=1536 * 1024**2, ge=512 * 1024**2)
    files_per_worker: int = Field(default=200, ge=1)
    max_expanded_bytes: int = Field(default=100 * 1024**2, ge=1024**2, le=1024**3)
    max_entries: int = Field(default=5_000, ge=1, le=100_000)
    max_nesting: int = Field(default=3, ge=0, le=8)
    max_unread_image_pixels: int = Field(default=65_536, ge=0)
    ocr_languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{3}(_[a-z]+)?$")], ...] = ()
    ocr_timeout_s: float = Field(default=60, gt=0)
    labels: dict[str, dict[str, Literal["none", "restricted", "state_secret"]]] = {}


class LogSection(_Section):
    """Operational logging (JSON lines on standard error); the audit log is something else."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(_Section):
    """The whole configuration of a node. Relative paths are taken from the node's folder."""

    node: NodeSection
    api: ApiSection
    peer: PeerSection
    store: StoreSection = StoreSection()
    keys: KeySection = KeySection()
    trust: TrustSection = TrustSection()
    exchange: ExchangeSection = ExchangeSection()
    clients: dict[ClientId, ClientSection] = {}
    admins: dict[str, AdminSection] = {}
    agreements: dict[str, AgreementSection] = {}
    policies: PolicySection = PolicySection()
    inspection: InspectionSection = InspectionSection()
    log: LogSection = LogSection()
    clocks: ClockSection = ClockSection()
    webhooks: WebhooksSection = WebhooksSection()

    @model_validator(mode="after")
    def _webhooks_are_allowed(self) -> Self:
        for name, client in self.clients.items():
            if client.webhooks is None:
                continue
            origin = origin_of(client.webhooks.url)
            if origin not in self.webhooks.allowed_origins:
                raise ValueError(f"clients.{name}.webhooks.url: {origin} is not in webhooks.allowed_origins")
            if origin.startswith("http:") and not self.webhooks.loopback_http:
                raise ValueError(f"clients.{name}.webhooks.url: must be https")
        return self

    @property
    def origin(self) -> str:
        """The name of this node's log (C2SP tlog-checkpoint origin)."""
        return f"{self.node.domain}/audit/{self.node.log_year}"


def load_settings(folder: Path) -> Settings:
    """Read `kelisim.toml` of a node's folder.

    Raises:
        ConfigError: no such file, not TOML, or keys unknown, missing or of the wrong form; all at once.
    """
    path = folder / CONFIG_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; `kelisim init` makes a node's folder") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8: {error}") from error
    return parse_settings(text, str(path))


def parse_settings(text: str, path: str) -> Settings:
    """Read a configuration; `path` names it in errors. Raises as `load_settings`."""
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc'])) or '(file)'}: {e['msg']}" for e in error.errors()]
        raise ConfigError("\n".join([f"{path}:", *lines])) from error
