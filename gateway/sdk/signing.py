"""The official's signature, made outside the gateway with a key that the gateway never sees."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from gateway.sdk.errors import ProfileError
from keys.errors import KeysError
from keys.jwk import load_private
from keys.signatures import official_sign

Signer: TypeAlias = Callable[[bytes], str]
"""Gets the manifest's bytes and returns the detached JWS over exactly these."""

Sign: TypeAlias = Signer | Path
"""A signer, such as one that asks a token; or the file of an unencrypted official's key."""


def official_signer(key_file: Path, passphrase: str | None = None) -> Signer:
    """A signer with the official's key in a file.

    Raises:
        ProfileError: the file cannot be read, or holds no official's key (when signing).
    """
    try:
        key = load_private(key_file, passphrase)
    except KeysError as error:
        raise ProfileError(f"{key_file}: {error}") from error

    def sign(manifest: bytes) -> str:
        try:
            return official_sign(key, manifest)
        except KeysError as error:
            raise ProfileError(f"{key_file}: {error}") from error

    return sign


def signer_of(sign: Sign) -> Signer:
    """The signer behind either form."""
    return official_signer(sign) if isinstance(sign, Path) else sign
