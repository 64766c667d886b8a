"""What only a web edge refuses: requests that never reach a use case."""

from gateway.errors import Conflict, Forbidden, GatewayError, Unauthenticated


class Malformed(GatewayError):
    """The request is not of the form HTTP or JSON ask for; the text says where."""


class IdempotencyKeyMissing(GatewayError):
    """A submission came without a usable `Idempotency-Key`."""


class IdempotencyKeyReused(Conflict):
    """The key belongs to another message of this client."""

    def __init__(self) -> None:
        super().__init__("idempotency_key")


class UnsupportedMediaType(GatewayError):
    """The body is of another media type than the route takes; the text names the right one."""


class SlowRequest(GatewayError):
    """The body did not arrive within the time limit."""


class TimeLimitPassed(GatewayError):
    """The answer was not ready within the time limit."""


class InvalidToken(Unauthenticated):
    """A token came that is not, or no longer, valid here."""


class InsufficientScope(Forbidden):
    """The token does not carry the scope that the route asks for."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"the token lacks the scope {scope}")
        self.scope = scope


class NoSuchRoute(GatewayError):
    """The path leads nowhere."""


class MethodNotAllowed(GatewayError):
    """The path does not take this method; `allowed` are those it takes."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(f"use {', '.join(allowed)}" if allowed else "not this method")
        self.allowed = allowed


class ClientGone(GatewayError):
    """The caller hung up before the request was complete; nobody is there to answer."""
