"""Retries, tokens and profiles, with an exchange written down beforehand."""

import json
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gateway.sdk import (
    Body,
    Client,
    Draft,
    ProblemError,
    Profile,
    ProfileError,
    TokenRefused,
    UnexpectedAnswer,
    Unreachable,
    load_profile,
)
from gateway.sdk.calling import ATTEMPTS, FIRST_PAUSE_S, Caller
from gateway.sdk.client import Client as BlockingClient
from gateway.sdk.exchanging import tls_context
from keys.jwk import SigningKey, Usage, save_private

TOKEN = {"access_token": "t0", "expires_in": 600, "token_type": "Bearer", "scope": "read"}
EMPTY = {"items": [], "cursor": "c"}
PREPARED = {
    "manifest": "e30",
    "manifest_digest": "d",
    "message": "m-1",
    "body": "e30",
    "uploads": {},
}
SUBMITTED = {
    "message": "m-1",
    "manifest_digest": "d",
    "case": "c",
    "state": "queued",
    "evidence": "e",
    "decision": {"outcome": "permit", "provisions": []},
}
NOW_MS = 1_760_000_000_000


def problem(status: int, name: str, **headers: str) -> httpx.Response:
    content = {"type": f"/problems/{name}", "title": name, "status": status, "instance": "urn:uuid:x"}
    return httpx.Response(
        status, content=json.dumps(content), headers={"content-type": "application/problem+json", **headers}
    )


class Script:
    """Answers tokens by itself and everything else from a list; remembers requests and pauses."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.tokens: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.token: Callable[[], httpx.Response] = lambda: httpx.Response(200, json=TOKEN)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            self.tokens.append(request)
            return self.token()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    key_file = tmp_path_factory.mktemp("keys") / "client.jwk"
    save_private(key_file, SigningKey.generate(Usage.CLIENT), None)
    return Profile(base_url="https://gateway.test", client_id="case-system", key_file=key_file)


def client_of(profile: Profile, script: Script, fraction: float = 1.0) -> BlockingClient:
    caller = Caller(profile, now_ms=lambda: NOW_MS, fraction=lambda: fraction)
    return Client(profile, transport=httpx.MockTransport(script), pause=script.pauses.append, caller=caller)


def test_a_token_is_fetched_once_with_a_fresh_assertion(profile: Profile) -> None:
    script = Script(httpx.Response(200, json=EMPTY), httpx.Response(200, json=EMPTY))
    client = client_of(profile, script)
    client.inbox()
    client.inbox()
    assert len(script.tokens) == 1
    assert script.requests[0].headers["authorization"] == "Bearer t0"
    assert b"client_assertion=ey" in script.tokens[0].content


def test_a_token_about_to_expire_is_renewed(profile: Profile) -> None:
    now = [NOW_MS]
    script = Script(httpx.Response(200, json=EMPTY), httpx.Response(200, json=EMPTY))
    caller = Caller(profile, now_ms=lambda: now[0])
    client = Client(profile, transport=httpx.MockTransport(script), caller=caller)
    client.inbox()
    now[0] += 596_000
    client.inbox()
    first, second = script.tokens
    assert first.content != second.content


def test_a_token_that_is_not_taken_any_more_is_renewed_once(profile: Profile) -> None:
    script = Script(
        httpx.Response(200, json=EMPTY), problem(401, "unauthenticated"), httpx.Response(200, json=EMPTY)
    )
    client = client_of(profile, script)
    client.inbox()
    client.inbox()
    assert len(script.tokens) == 2


def test_a_fresh_token_that_is_refused_is_not_renewed(profile: Profile) -> None:
    script = Script(problem(401, "unauthenticated"))
    with pytest.raises(ProblemError) as caught:
        client_of(profile, script).inbox()
    assert (caught.value.name, len(script.tokens)) == ("unauthenticated", 1)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        problem(503, "log-unavailable"),
        problem(500, "internal"),
        problem(429, "too-many-requests"),
        httpx.Response(502, text="<html>"),
    ],
)
def test_a_submission_is_repeated_with_the_same_key_and_bytes(
    profile: Profile, failure: httpx.Response | Exception
) -> None:
    script = Script(httpx.Response(200, json=PREPARED), failure, failure, httpx.Response(202, json=SUBMITTED))
    client = client_of(profile, script)
    prepared = client.prepare(_draft())
    assert client.submit(prepared, "a..b").message == "m-1"
    sent = script.requests[1:]
    assert len(sent) == 3
    assert len({request.content for request in sent}) == 1
    assert {request.headers["idempotency-key"] for request in sent} == {"m-1"}
    assert script.pauses == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S]


def _draft() -> Draft:
    return Draft(kind="information", agreement="a", recipients=["x/y"], body=Body(), language="ru")


@pytest.mark.parametrize(
    "answer",
    [
        problem(400, "malformed"),
        problem(403, "denied"),
        problem(404, "not-found"),
        problem(409, "conflict"),
        problem(413, "too-large"),
        problem(422, "invalid"),
    ],
)
def test_a_refusal_is_never_repeated(profile: Profile, answer: httpx.Response) -> None:
    script = Script(answer)
    with pytest.raises(ProblemError):
        client_of(profile, script).inbox()
    assert (len(script.requests), script.pauses) == (1, [])


def test_it_gives_up_after_some_attempts(profile: Profile) -> None:
    script = Script(*[httpx.ConnectError("refused")] * 20)
    with pytest.raises(Unreachable):
        client_of(profile, script).inbox()
    assert (len(script.requests), len(script.pauses)) == (ATTEMPTS, ATTEMPTS - 1)


def test_the_last_problem_is_the_one_that_is_raised(profile: Profile) -> None:
    script = Script(*[problem(503, "log-unavailable")] * 20)
    with pytest.raises(ProblemError) as caught:
        client_of(profile, script).inbox()
    assert caught.value.name == "log-unavailable"


def test_retry_after_is_respected_and_jitter_is_full(profile: Profile) -> None:
    limited = problem(429, "too-many-requests", **{"retry-after": "3"})
    script = Script(limited, problem(503, "internal"), httpx.Response(200, json=EMPTY))
    client_of(profile, script, fraction=0.0).inbox()
    assert script.pauses == [3.0, 0.0]


def test_a_wait_too_long_to_sit_out_is_handed_on(profile: Profile) -> None:
    script = Script(problem(429, "too-many-requests", **{"retry-after": "3600"}))
    with pytest.raises(ProblemError):
        client_of(profile, script).inbox()
    assert script.pauses == []


def test_a_client_that_is_not_known_is_told_so_at_once(profile: Profile) -> None:
    script = Script()
    script.token = lambda: httpx.Response(401, json={"error": "invalid_client"})
    with pytest.raises(TokenRefused) as caught:
        client_of(profile, script).inbox()
    assert (caught.value.error, len(script.tokens)) == ("invalid_client", 1)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>hello"),
        httpx.Response(200, json={"items": 7}),
        httpx.Response(404, text="nginx"),
        httpx.Response(302, headers={"location": "https://evil.test/"}),
        httpx.Response(404, content=b"{", headers={"content-type": "application/problem+json"}),
    ],
)
def test_another_server_is_told_apart(profile: Profile, answer: httpx.Response) -> None:
    script = Script(answer)
    with pytest.raises(UnexpectedAnswer):
        client_of(profile, script).inbox()
    assert len(script.requests) == 1


def test_a_download_that_breaks_off_leaves_no_file(profile: Profile, tmp_path: Path) -> None:
    class Broken(httpx.SyncByteStream):
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield b"half"
            raise httpx.ReadError("cut")

    script = Script(*[httpx.Response(200, stream=Broken()) for _ in range(ATTEMPTS)])
    with pytest.raises(Unreachable):
        client_of(profile, script).save_attachment("i", 2, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


# Profiles


def _written(folder: Path, text: str, name: str = "profile.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


GOOD = 'base_url = "https://g.test"\nclient_id = "c"\nkey_file = "client.jwk"\n'


def test_paths_of_a_profile_are_taken_from_its_folder(tmp_path: Path) -> None:
    profile = load_profile(_written(tmp_path, GOOD + 'ca_file = "ca.crt"\n'))
    assert (profile.key_file, profile.ca_file) == (tmp_path / "client.jwk", tmp_path / "ca.crt")
    assert profile.audience == "https://g.test"
    as_json = {"base_url": "https://g.test", "client_id": "c", "key_file": "/k", "issuer": "urn:x"}
    other = load_profile(_written(tmp_path, json.dumps(as_json), "p.json"))
    assert (other.key_file, other.audience) == (Path("/k"), "urn:x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml",
        GOOD + 'surplus = "x"\n',
        GOOD.replace("https:", "http:"),
        GOOD.replace('"c"', "7"),
        'client_id = "c"\n',
    ],
)
def test_a_wrong_profile_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProfileError):
        load_profile(_written(tmp_path, text))
    with pytest.raises(ProfileError):
        load_profile(tmp_path / "absent.toml")


def test_a_key_others_can_read_or_for_something_else_is_refused(tmp_path: Path) -> None:
    path = _written(tmp_path, GOOD)
    with pytest.raises(ProfileError):
        Client(path)
    save_private(tmp_path / "client.jwk", SigningKey.generate(Usage.OFFICIAL), None)
    with pytest.raises(ProfileError, match="not for a client"):
        load_profile(path).load_key()
    (tmp_path / "client.jwk").unlink()
    save_private(tmp_path / "client.jwk", SigningKey.generate(Usage.CLIENT), None)
    (tmp_path / "client.jwk").chmod(stat.S_IRUSR | stat.S_IRGRP)
    with pytest.raises(ProfileError, match="chmod"):
        load_profile(path).load_key()


def test_a_locked_key_opens_with_the_passphrase_file_only(tmp_path: Path) -> None:
    save_private(tmp_path / "client.jwk", SigningKey.generate(Usage.CLIENT), "correct")
    with pytest.raises(ProfileError):
        load_profile(_written(tmp_path, GOOD)).load_key()
    _written(tmp_path, "correct\n", "pass")
    path = _written(tmp_path, GOOD + 'passphrase_file = "pass"\n')
    assert load_profile(path).load_key().usage is Usage.CLIENT
    _written(tmp_path, "wrong\n", "pass")
    with pytest.raises(ProfileError):
        load_profile(path).load_key()


def test_only_tls_1_3_and_only_the_named_authority(profile: Profile, tmp_path: Path) -> None:
    context = tls_context(profile)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_REQUIRED
    absent = Profile(base_url="https://g.test", client_id="c", key_file=Path("k"), ca_file=tmp_path / "x")
    with pytest.raises(ProfileError):
        tls_context(absent)
