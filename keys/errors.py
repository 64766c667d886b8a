"""The errors of the keys package: one base, one uniform refusal of what a peer sent."""


class KeysError(Exception):
    """Base of every error this package raises on purpose."""


class OpenFailed(KeysError):
    """What somebody sent could not be opened or verified.

    The text is the same for every cause, so a peer learns nothing from it: neither which check failed nor
    how far the check came. The cause is kept for the local log alone.
    """

    def __init__(self, cause: str = "") -> None:
        super().__init__("could not be opened or verified")
        self._cause = cause

    def local_cause(self) -> str:
        """Say what failed. For this node's own log; never for a peer or a client."""
        return self._cause


class CanonicalError(KeysError):
    """Bytes are not in the one form this protocol allows (canonical JSON, base64url, instants)."""


class KeyRefused(KeysError):
    """A key is malformed, of another algorithm, or is used for something it is not made for."""


class SealError(KeysError):
    """The caller asked to seal something that does not fit its own header."""


class TrustError(KeysError):
    """A trust list is unsigned, expired, rolled back or says something it must not say."""


class TokenError(KeysError):
    """A client's assertion or an access token is not acceptable."""


class CustodyError(KeysError):
    """A stored key is missing, exposed, damaged or does not open with this secret."""
