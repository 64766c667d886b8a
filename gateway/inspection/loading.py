"""Loading a lexicon: verified before it is read.

The signature is a statement (attached JWS, type `kelisim-lexicon+jws`, a key of usage trust) over the digest
and length of the file; it lies beside the file. An altered file, signature or key is refused.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from gateway.errors import ConfigError
from gateway.inspection.lexicon.document import digest, parse_document
from gateway.inspection.patterns import Lexicon, compile_lexicon
from keys import canonical
from keys.errors import KeysError, OpenFailed
from keys.jwk import Signer, VerifyKey
from keys.signatures import LEXICON_TYP, sign_statement, verify_statement

SIGNATURE_SUFFIX = ".jws"


def load_lexicon(path: Path | None = None, key_path: Path | None = None) -> Lexicon:
    """Read, verify and compile a lexicon.

    Args:
        path: the YAML file; its signature has the same name with `.jws`. Default: the one shipped.
        key_path: public JWK of usage trust. Default: the release key shipped.

    Raises:
        ConfigError: a file is missing, the signature does not fit, or the lexicon is not of the closed form.
    """
    shipped: Any = files("gateway.inspection.lexicon")
    content_at: Any = path or shipped / "markings.yaml"
    signature_at: Any = path.with_suffix(SIGNATURE_SUFFIX) if path else shipped / "markings.jws"
    try:
        content, jws = content_at.read_bytes(), signature_at.read_text(encoding="ascii").strip()
        jwk = json.loads((key_path or shipped / "release.pub.jwk").read_bytes())
        verify_lexicon(content, jws, VerifyKey.from_jwk(jwk))
    except OSError as error:
        raise ConfigError(f"lexicon: {error.filename}: {error.strerror}") from error
    except (KeysError, ValueError) as error:
        raise ConfigError(f"lexicon: {content_at} is not what was signed: {error}") from error
    return compile_lexicon(parse_document(content), digest(content))


def sign_lexicon(content: bytes, key: Signer) -> str:
    """Return the signature of a lexicon.

    Raises:
        ConfigError: the lexicon is not of the closed form.
        KeyRefused: the key's usage is not trust.
    """
    parse_document(content)
    return sign_statement(key, LEXICON_TYP, _statement(content))


def verify_lexicon(content: bytes, jws: str, key: VerifyKey) -> None:
    """Check that these very bytes were signed.

    Raises:
        OpenFailed: another type, key, signature or content.
    """
    if verify_statement(jws, LEXICON_TYP, key) != _statement(content):
        raise OpenFailed("another content was signed")


def _statement(content: bytes) -> bytes:
    return canonical.encode({"bytes": len(content), "sha256": digest(content)})
