"""Public keys of people and systems, as files."""

import json
from pathlib import Path

from gateway.errors import ConfigError
from keys.errors import KeysError
from keys.jwk import Usage, VerifyKey


def read_public_key(path: Path, usage: Usage) -> VerifyKey:
    """A public JWK file of the given usage; raises `ConfigError`."""
    try:
        key = VerifyKey.from_jwk(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeysError) as error:
        raise ConfigError(f"{path}: not a public key: {error}") from error
    if key.usage is not usage:
        raise ConfigError(f"{path}: a key for {key.usage}, not for {usage}")
    return key
