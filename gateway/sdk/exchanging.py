"""What the two clients share of HTTP: the TLS context, and files on their way in and out."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from gateway.sdk.errors import ProfileError
from gateway.sdk.profile import Profile
from gateway.sdk.steps import CHUNK_BYTES, Answer, Ask, Progress

OK_BELOW = 300
PARTIAL = ".part"


def tls_context(profile: Profile) -> ssl.SSLContext:
    """TLS 1.3 only, trusting the profile's certificate authority, or the machine's if it names none.

    Raises:
        ProfileError: the certificate authority's file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=None if profile.ca_file is None else str(profile.ca_file))
    except OSError as error:
        raise ProfileError(f"{profile.ca_file}: no certificate authority can be read from it") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def options(profile: Profile) -> dict[str, Any]:
    """Settings of both httpx clients. Proxies and netrc of the environment are not followed."""
    return {"base_url": profile.base_url, "trust_env": False, "follow_redirects": False}


def request_of(client: httpx.Client | httpx.AsyncClient, ask: Ask, content: Any) -> httpx.Request:
    """An Ask as httpx wants it."""
    return client.build_request(
        ask.method,
        ask.path,
        headers=dict(ask.headers),
        params=dict(ask.params) or None,
        content=content,
        timeout=httpx.Timeout(10, read=ask.timeout_s, write=60),
    )


def read_chunks(path: Path, progress: Progress | None) -> Iterator[bytes]:
    """A file in chunks, never held whole."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
            if progress is not None:
                progress(len(chunk))


class Arriving:
    """A file being received: it gets its name once the answer is complete."""

    def __init__(self, path: Path, progress: Progress | None) -> None:
        self._path = path
        self._draft = path.with_name(path.name + PARTIAL)
        self._progress = progress
        # Case material: for its owner only, from the first byte.
        self._draft.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._draft, flags, 0o600), "wb")

    def write(self, chunk: bytes) -> None:
        """Take some more bytes."""
        self._file.write(chunk)
        if self._progress is not None:
            self._progress(len(chunk))

    def finish(self) -> None:
        """Give the file its name."""
        self._file.close()
        self._draft.replace(self._path)

    def drop(self) -> None:
        """Remove what has arrived; harmless after `finish`."""
        self._file.close()
        self._draft.unlink(missing_ok=True)


def answer_of(response: httpx.Response, body: bytes) -> Answer:
    """An httpx response as an Answer."""
    return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)
