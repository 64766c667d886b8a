"""One TOML file per node into one frozen model. Unknown keys are refused, secrets are only paths."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import ConfigError

CONFIG_NAME = "kelisim.toml"
_AUTHORITY = r"^[a-z]{2}/[a-z0-9][a-z0-9-]{0,62}$"
ClientId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Scope = Literal["send", "read", "collect", "simulate"]


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
    batch_envelopes: int = Field(default=28, ge=1, le=64)
    max_inline_part_bytes: int = Field(default=256 * 1024, ge=4096)
    max_attachment_bytes: int = Field(default=2 * 1024**3, ge=1)
    max_quarantine_bytes_per_peer: int = Field(default=8 * 1024**3, ge=1)
    max_upload_bytes_per_client: int = Field(default=8 * 1024**3, ge=1)
    retry_first_s: float = Field(default=0.5, gt=0)
    retry_max_s: float = Field(default=300, gt=0)


class ClientSection(_Section):
    """An agency system. Its key is a public JWK file; its clearance bounds what it may collect."""

    key: Path
    scopes: tuple[Scope, ...] = ("send", "read", "collect", "simulate")
    clearance: Literal["open", "restricted", "confidential"] = "restricted"
    caveats: tuple[str, ...] = ()


class AdminSection(_Section):
    """An admin: a public JWK file. The private half is kept outside the node's folder."""

    key: Path


class AgreementSection(_Section):
    """What this authority has on record with its counterpart under an agreement."""

    language_agreed: bool = False


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
    inspection: InspectionSection = InspectionSection()
    log: LogSection = LogSection()

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
