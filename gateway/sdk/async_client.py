"""The client for event loops: the same operations, awaited."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from gateway.sdk import answers
from gateway.sdk.calling import Caller
from gateway.sdk.core import Core
from gateway.sdk.draft import Attachment, Draft, LocalFile
from gateway.sdk.errors import Unreachable
from gateway.sdk.exchanging import (
    OK_BELOW,
    Arriving,
    answer_of,
    options,
    read_chunks,
    request_of,
    tls_context,
)
from gateway.sdk.profile import Profile, load_profile
from gateway.sdk.signing import Sign
from gateway.sdk.steps import Answer, Ask, Pause, Progress, Result, Steps


class AsyncClient:
    """`gateway.sdk.Client` for event loops; every method is a coroutine with the same arguments.

    Args:
        profile: where the gateway is and who the client is, or the file that says so.
        transport: another httpx transport, for tests.
        pause: how to wait, in seconds.
    """

    def __init__(
        self,
        profile: Profile | Path,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        caller: Caller | None = None,
    ) -> None:
        known = load_profile(profile) if isinstance(profile, Path) else profile
        verify = True if transport is not None else tls_context(known)
        self._http = httpx.AsyncClient(transport=transport, verify=verify, **options(known))
        self._core = Core(caller or Caller(known))
        self._pause = pause

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(
        self,
        draft: Draft,
        *,
        attachments: Sequence[Path | LocalFile] = (),
        sign: Sign | None = None,
        wait_s: float = 0,
        idempotency_key: str | None = None,
        progress: Progress | None = None,
    ) -> answers.Submitted:
        """Upload the attachments, prepare, sign and submit; see `Client.send`."""
        return await self._run(self._core.send(draft, attachments, sign, wait_s, idempotency_key, progress))

    async def upload(self, path: Path, progress: Progress | None = None) -> answers.Upload:
        """Stream a file to the gateway."""
        return await self._run(self._core.upload(path, progress))

    async def attach(self, file: Path | LocalFile, progress: Progress | None = None) -> Attachment:
        """Upload a file and describe it as an attachment of a draft."""
        return await self._run(self._core.attach(file, progress))

    async def prepare(self, draft: Draft) -> answers.Prepared:
        """Have the manifest of a draft written, for an official to sign; nothing is sent."""
        return await self._run(self._core.prepare(draft))

    async def submit(
        self,
        prepared: answers.Prepared,
        official_signature: str | None = None,
        *,
        wait_s: float = 0,
        idempotency_key: str | None = None,
    ) -> answers.Submitted:
        """Submit a prepared message."""
        return await self._run(self._core.submit(prepared, official_signature, wait_s, idempotency_key))

    async def messages(self, cursor: str | None = None, limit: int | None = None) -> answers.SentPage:
        """A page of what this client sent, oldest first."""
        return await self._run(self._core.messages(cursor, limit))

    async def status(self, message: str) -> answers.Status:
        """Where a sent message stands, with its decision and evidence."""
        return await self._run(self._core.status(message))

    async def evidence(self, message: str, event: str, giver: str | None = None) -> bytes:
        """A piece of evidence, byte for byte."""
        return await self._run(self._core.evidence(message, event, giver))

    async def inbox(self, cursor: str | None = None, limit: int | None = None) -> answers.InboxPage:
        """A page of received messages, oldest first."""
        return await self._run(self._core.inbox(cursor, limit))

    async def wait_inbox(
        self, wait_s: float, cursor: str | None = None, limit: int | None = None
    ) -> answers.InboxPage:
        """A page of received messages; if there is none yet, wait for one."""
        return await self._run(self._core.inbox(cursor, limit, wait_s))

    async def collect(self, item: str, purpose: str | None = None) -> answers.Collected:
        """Collect a received message for a purpose."""
        return await self._run(self._core.collect(item, purpose))

    async def save_attachment(
        self, item: str, position: int, path: Path, progress: Progress | None = None
    ) -> None:
        """Stream an attachment of a collected message into a file."""
        await self._run(self._core.save_attachment(item, position, path, progress))

    async def acknowledge(self, item: str) -> None:
        """Confirm that the content is in this client's hands."""
        await self._run(self._core.acknowledge(item))

    async def notices(self, cursor: str | None = None, limit: int | None = None) -> answers.NoticePage:
        """A page of notices of time limits, oldest first."""
        return await self._run(self._core.notices(cursor, limit))

    async def wait_notices(
        self, wait_s: float, cursor: str | None = None, limit: int | None = None
    ) -> answers.NoticePage:
        """A page of notices; if there is none yet, wait for one."""
        return await self._run(self._core.notices(cursor, limit, wait_s))

    async def acknowledge_notice(self, notice: str) -> None:
        """Confirm that a notice was seen; it leaves the list."""
        await self._run(self._core.acknowledge_notice(notice))

    async def case(self, case: str) -> answers.Case:
        """A case with its events and time limits."""
        return await self._run(self._core.case(case))

    async def record_moment(
        self, case: str, moment: str, *, at: str | None = None, counterpart: str | None = None
    ) -> answers.Moment:
        """Record in a case what no message shows, and start the time limit that runs from it.

        Args:
            moment: such as `obstacle_known` or `refusal_decided`.
            at: when this side came to know of it (RFC 3339, UTC, such as 2026-01-31T09:00:00Z); None for now.
            counterpart: the other authority, where the case has several.
        """
        return await self._run(self._core.record_moment(case, moment, at, counterpart))

    async def record_agreement_moment(self, agreement: str, moment: str, on: str) -> answers.AgreementClocks:
        """Record what happened to an agreement itself.

        Args:
            moment: `amendment`, our own list of authorities changed; `leaving_forwarded`, the depositary told
                the parties of a notice of leaving.
            on: civil date of it.
        """
        return await self._run(self._core.record_agreement_moment(agreement, moment, on))

    async def simulate(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """What would be decided on these facts (docs/facts.schema.json)."""
        return await self._run(self._core.simulate(facts))

    async def agreements(self, on: str | None = None) -> answers.Agreements:
        """The agreements of the gateway and where they stand, today or on a civil date (YYYY-MM-DD)."""
        return await self._run(self._core.agreements(on))

    async def _run(self, steps: Steps[Result]) -> Result:
        try:
            action = next(steps)
            while True:
                if isinstance(action, Pause):
                    await self._pause(action.seconds)
                    action = steps.send(None)
                    continue
                try:
                    answer = await self._exchange(action)
                except httpx.TransportError as error:
                    action = steps.throw(Unreachable(f"{self._http.base_url}: {error}"))
                else:
                    action = steps.send(answer)
        except StopIteration as done:
            result: Result = done.value
            return result

    async def _exchange(self, ask: Ask) -> Answer:
        content = ask.body if ask.file is None else _read_chunks(ask.file, ask.progress)
        response = await self._http.send(request_of(self._http, ask, content), stream=True)
        try:
            if ask.save_to is None or response.status_code >= OK_BELOW:
                return answer_of(response, await response.aread())
            arriving = Arriving(ask.save_to, ask.progress)
            try:
                async for chunk in response.aiter_raw():
                    arriving.write(chunk)
                arriving.finish()
            finally:
                arriving.drop()
            return answer_of(response, b"")
        finally:
            await response.aclose()


async def _read_chunks(path: Path, progress: Progress | None) -> AsyncIterator[bytes]:
    for chunk in read_chunks(path, progress):
        yield chunk
