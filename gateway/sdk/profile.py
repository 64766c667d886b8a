"""Where the gateway is and who the client is: a small TOML or JSON file, or arguments.

base_url = "https://gateway.example"
client_id = "case-system"
key_file = "client.jwk"          # private JWK, mode 0600; relative to the profile
ca_file = "ca.crt"               # optional: the certificate authority of the gateway
issuer = "https://gateway.example"   # optional: the gateway's issuer, if it is not base_url
passphrase_file = "client.pass"  # optional: a file with the key's passphrase
"""

import json
import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.sdk.errors import ProfileError
from keys.errors import KeysError
from keys.jwk import SigningKey, Usage, load_private


class Profile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A client's access to its gateway; see the module for the members."""

    base_url: str
    client_id: str
    key_file: Path
    ca_file: Path | None = None
    issuer: str | None = None
    passphrase_file: Path | None = None

    @property
    def audience(self) -> str:
        """What client assertions are made for."""
        return self.issuer or self.base_url.rstrip("/")

    def load_key(self) -> SigningKey:
        """The client's key; raises `ProfileError` if it cannot be read or is for something else."""
        try:
            key = load_private(self.key_file, _passphrase(self.passphrase_file))
        except KeysError as error:
            raise ProfileError(f"{self.key_file}: {error}") from error
        if key.usage is not Usage.CLIENT:
            raise ProfileError(f"{self.key_file}: a key for {key.usage}, not for a client")
        return key


def load_profile(path: Path) -> Profile:
    """Read a profile; relative paths in it are taken from its folder.

    Raises:
        ProfileError: no such file, not TOML (or JSON, by its suffix), or members unknown, missing or wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        profile = msgspec.convert(content, Profile, dec_hook=_path)
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ProfileError(f"{path}: {error}") from error
    if not profile.base_url.startswith("https://"):
        raise ProfileError(f"{path}: base_url must begin with https://")
    return msgspec.structs.replace(
        profile,
        key_file=path.parent / profile.key_file,
        ca_file=None if profile.ca_file is None else path.parent / profile.ca_file,
        passphrase_file=None if profile.passphrase_file is None else path.parent / profile.passphrase_file,
    )


def _path(kind: type, value: object) -> Path:
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError("a path is text")


def _passphrase(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from error
