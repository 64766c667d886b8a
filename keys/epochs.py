"""Encryption epochs: which public key to wrap to, and from when to when, under the authority's seal key.

A private half lives only as long as messages wrapped to it may arrive. The statement names the authority, so
that it cannot be presented as another's.
"""

from typing import Literal

import msgspec

from keys import b64, canonical, instants
from keys.encryption import PUBLIC_BYTES, EncryptionPublicKey
from keys.errors import CanonicalError, KeyRefused, OpenFailed
from keys.jwk import Signer, VerifyKey
from keys.signatures import EPOCH_TYP, sign_statement, verify_statement

DAY_MS = 86_400_000
DEFAULT_EPOCH_MS = 7 * DAY_MS
MAX_EPOCH_MS = 100 * DAY_MS


class EncryptionEpoch(msgspec.Struct, frozen=True):
    """One authority's encryption key for one stretch of time.

    Args:
        authority: whose key it is.
        public: the key itself.
        not_before: first millisecond (Unix) it may be wrapped to.
        not_after: first millisecond (Unix) it may no longer be wrapped to.
        signer_kid: the seal key that signed the statement.
        statement: the signed statement, as it is published (compact JWS).

    """

    authority: str
    public: EncryptionPublicKey
    not_before: int
    not_after: int
    signer_kid: str
    statement: str

    @property
    def kid(self) -> str:
        """The id of the encryption key."""
        return self.public.kid

    def covers(self, at: int) -> bool:
        """Tell whether the key may be wrapped to at this instant (Unix milliseconds)."""
        return self.not_before <= at < self.not_after


class _Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal[1]
    authority: str
    kid: str
    public: str
    not_before: str
    not_after: str


def sign_epoch(
    key: Signer, authority: str, public: EncryptionPublicKey, not_before: int, not_after: int
) -> EncryptionEpoch:
    """State that an encryption key is the authority's for a stretch of time.

    Args:
        key: the authority's seal key.
        authority: the authority's id, such as `kz/mia`.
        public: the key to wrap to.
        not_before: Unix milliseconds, included.
        not_after: Unix milliseconds, excluded; at most 100 days later.

    Raises:
        KeyRefused: the key is not a seal key, or the stretch is empty or too long.

    """
    if not 0 < not_after - not_before <= MAX_EPOCH_MS:
        raise KeyRefused("an epoch is empty or too long")
    payload = canonical.encode(
        {
            "v": 1,
            "authority": authority,
            "kid": public.kid,
            "public": b64.encode(public.raw),
            "not_before": instants.write(not_before),
            "not_after": instants.write(not_after),
        }
    )
    statement = sign_statement(key, EPOCH_TYP, payload)
    return EncryptionEpoch(authority, public, not_before, not_after, key.kid, statement)


def verify_epoch(statement: str, authority: str, key: VerifyKey) -> EncryptionEpoch:
    """Verify a statement about this authority's encryption key.

    Args:
        statement: compact JWS.
        authority: the authority it must be about.
        key: the authority's seal key that the statement names.

    Raises:
        OpenFailed: another signer or authority, malformed, or an empty or too long stretch.

    """
    payload = verify_statement(statement, EPOCH_TYP, key)
    try:
        canonical.check(payload)
        said = msgspec.json.decode(payload, type=_Statement)
        public = EncryptionPublicKey(b64.decode(said.public, PUBLIC_BYTES))
        not_before, not_after = instants.parse(said.not_before), instants.parse(said.not_after)
    except (CanonicalError, KeyRefused, msgspec.DecodeError) as error:
        raise OpenFailed("not a statement about an encryption key") from error
    if said.authority != authority or said.kid != public.kid:
        raise OpenFailed("an epoch of another authority or key")
    if not 0 < not_after - not_before <= MAX_EPOCH_MS:
        raise OpenFailed("an epoch is empty or too long")
    return EncryptionEpoch(authority, public, not_before, not_after, key.kid, statement)
