"""Authenticated calls with retries: the part of the SDK that every operation shares, free of I/O."""

import secrets
import time
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from gateway.sdk.answers import Token, TokenRefusal
from gateway.sdk.errors import TokenRefused, UnexpectedAnswer, Unreachable, problem_error
from gateway.sdk.profile import Profile
from gateway.sdk.steps import Answer, Ask, Pause, Steps
from keys.tokens import make_client_assertion

ATTEMPTS = 5
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 15.0
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
_EARLY_MS = 5000
_UNAUTHORIZED, _TOO_MANY, _FAILED = 401, 429, 500
_ERROR = 400


class Caller:
    """Keeps the access token and repeats what may be repeated.

    A request is repeated when the gateway did not answer, answered 429, or failed (5xx): after a pause of
    full jitter below a bound that doubles, or of `Retry-After` if that is longer. Nothing else is repeated.

    Args:
        profile: where and who.
        now_ms: Unix milliseconds.
        fraction: uniform in [0, 1).
    """

    def __init__(
        self,
        profile: Profile,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        fraction: Callable[[], float] = lambda: secrets.randbits(53) / (1 << 53),
    ) -> None:
        self._profile = profile
        self._key = profile.load_key()
        self._now_ms = now_ms
        self._fraction = fraction
        self._token = ""
        self._token_until_ms = 0

    def call(self, ask: Ask) -> Steps[Answer]:
        """Make a call with a token.

        Raises:
            ProblemError, TokenRefused, UnexpectedAnswer, Unreachable: it did not succeed.
        """
        fresh = not self._has_token()
        answer = yield from self._with_token(ask)
        if answer.status == _UNAUTHORIZED and not fresh:
            # The gateway may have been restarted with another token key.
            self._token = ""
            answer = yield from self._with_token(ask)
        if answer.status >= _ERROR:
            raise problem_error(answer.status, answer.headers.get("content-type", ""), answer.body)
        return answer

    def _has_token(self) -> bool:
        return bool(self._token) and self._now_ms() < self._token_until_ms

    def _with_token(self, ask: Ask) -> Steps[Answer]:
        if not self._has_token():
            yield from self._fetch_token()
        headers = {**ask.headers, "authorization": f"Bearer {self._token}"}
        return (yield from self._repeated(lambda: msgspec.structs.replace(ask, headers=headers)))

    def _fetch_token(self) -> Steps[None]:
        asked_ms = self._now_ms()
        answer = yield from self._repeated(self._token_request)
        if answer.status >= _ERROR:
            raise _token_error(answer)
        try:
            token = msgspec.json.decode(answer.body, type=Token)
        except msgspec.DecodeError as error:
            raise UnexpectedAnswer("the token endpoint's answer cannot be read") from error
        self._token = token.access_token
        self._token_until_ms = asked_ms + token.expires_in * 1000 - _EARLY_MS

    def _token_request(self) -> Ask:
        """A fresh assertion every time: the gateway takes each only once."""
        assertion = make_client_assertion(
            self._key,
            self._profile.client_id,
            self._profile.audience,
            self._now_ms(),
            secrets.token_urlsafe(16),
        )
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return Ask(
            method="POST",
            path="/v1/token",
            headers={"content-type": _FORM},
            body=urlencode(form).encode("ascii"),
        )

    def _repeated(self, make: Callable[[], Ask]) -> Steps[Answer]:
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            retry_after_s = 0.0
            try:
                answer = yield make()
            except Unreachable:
                if last:
                    raise
            else:
                if answer is None:
                    raise UnexpectedAnswer("no answer was given to a request")
                if last or not (answer.status == _TOO_MANY or answer.status >= _FAILED):
                    return answer
                retry_after_s = _retry_after_s(answer)
                if retry_after_s > LONGEST_PAUSE_S:
                    return answer
            yield Pause(max(retry_after_s, self._jitter_s(attempt)))
        raise Unreachable("no attempt was made")

    def _jitter_s(self, attempt: int) -> float:
        return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * float(2**attempt)) * self._fraction()


def _retry_after_s(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _token_error(answer: Answer) -> Exception:
    try:
        refusal = msgspec.json.decode(answer.body, type=TokenRefusal)
    except msgspec.DecodeError:
        return problem_error(answer.status, answer.headers.get("content-type", ""), answer.body)
    return TokenRefused(refusal.error, refusal.error_description)
