"""What the SDK raises."""

from typing import Any

import msgspec
from msgspec import Struct


class SdkError(Exception):
    """Base of every error of the SDK."""


class ProfileError(SdkError):
    """The profile cannot be used; the text says what to change."""


class Unreachable(SdkError):
    """The gateway gave no answer, also after retries. A submission may be repeated with the same key."""


class TokenRefused(SdkError):
    """The gateway did not authenticate this client (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error


class UnexpectedAnswer(SdkError):
    """The answer is not one of this API: another server, or another version."""


class Defect(Struct, frozen=True):
    """One defect of a request: a JSON pointer to its place, and what is wrong there."""

    pointer: str
    detail: str


class _Problem(Struct, frozen=True):
    type: str
    title: str
    status: int
    instance: str = ""
    detail: str = ""
    provisions: tuple[str, ...] = ()
    problems: tuple[Defect, ...] = ()
    recipient: str = ""
    message: str = ""
    missing: tuple[str, ...] = ()
    reasons: tuple[dict[str, Any], ...] = ()
    remedies: tuple[dict[str, Any], ...] = ()


class ProblemError(SdkError):
    """The gateway refused, with problem details (RFC 9457).

    `name` is the last segment of `type`; a denial (`denied`) carries `provisions`, `reasons`, `missing` and
    `remedies`, an invalid request its `problems`.
    """

    def __init__(self, problem: _Problem) -> None:
        lines = [f"{problem.title}{': ' + problem.detail if problem.detail else ''}"]
        lines += [f"  {defect.pointer or '/'}: {defect.detail}" for defect in problem.problems]
        lines += [f"  {one.get('provision', '')}: {one.get('text', '')}" for one in problem.reasons]
        super().__init__("\n".join(lines))
        self.status = problem.status
        self.type = problem.type
        self.name = problem.type.rpartition("/")[2]
        self.title = problem.title
        self.detail = problem.detail
        self.instance = problem.instance
        self.provisions = problem.provisions
        self.problems = problem.problems
        self.recipient = problem.recipient
        self.missing = problem.missing
        self.reasons = problem.reasons
        self.remedies = problem.remedies

    @property
    def denied(self) -> bool:
        """Whether this is the decision of an agreement, not a fault of the request."""
        return self.name == "denied"


def problem_error(status: int, media_type: str, body: bytes) -> SdkError:
    """The error that an answer of status 400 or above means."""
    if media_type.partition(";")[0].strip() == "application/problem+json":
        try:
            return ProblemError(msgspec.json.decode(body, type=_Problem))
        except msgspec.DecodeError:
            pass
    return UnexpectedAnswer(f"status {status} without problem details")
