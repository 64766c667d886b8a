"""The node's errors: rich inside; `gateway.api.problems` alone turns them into what a caller sees."""


class GatewayError(Exception):
    """Base of every error the node raises itself."""


class Conflict(GatewayError):
    """A write met another that came first: a unique row exists, or a state is not the expected one."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class StoreUnavailable(GatewayError):
    """The store could not commit. Nothing of the change happened."""


class LogBehindHead(GatewayError):
    """The database's log is older than, or another than, the last one signed: a restored backup or a fork."""


class Invalid(GatewayError):
    """What a client sent is malformed.

    Args:
        problems: one per defect, as (JSON pointer of the place, what is wrong there).
    """

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {what}" for place, what in problems))
        self.problems = problems


class NotFound(GatewayError):
    """No such thing for this caller: absent, somebody else's and above their clearance look alike."""


class Unauthenticated(GatewayError):
    """The caller did not prove who they are."""


class Forbidden(GatewayError):
    """The caller is known and may not do this."""


class TooLarge(GatewayError):
    """A size limit of the configuration was passed; the text names it."""


class RateLimited(GatewayError):
    """Too many calls; `retry_after_s` says when one more fits."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("too many requests")
        self.retry_after_s = retry_after_s


class PeerUnreachable(GatewayError):
    """The peer gave no usable answer; the same request may be sent again."""


class PeerFrozen(GatewayError):
    """Exchange with this peer is stopped because its log was seen to fork."""


class EnvelopeRejected(GatewayError):
    """An envelope that proves nothing: broken, forged or not for us. Peers see one answer for all of it."""


class ConfigError(GatewayError):
    """The node's folder or configuration cannot be used; the text says what to change."""
