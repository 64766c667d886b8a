"""Every operation of the SDK, once, free of I/O; `Client` and `AsyncClient` only carry the steps out."""

import mimetypes
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gateway.sdk.answers import (
    AgreementClocks,
    Agreements,
    Case,
    Collected,
    InboxPage,
    Moment,
    NoticePage,
    Prepared,
    SentPage,
    Status,
    Submitted,
    Upload,
)
from gateway.sdk.calling import Caller
from gateway.sdk.draft import Attachment, Draft, LocalFile
from gateway.sdk.errors import UnexpectedAnswer
from gateway.sdk.signing import Sign, signer_of
from gateway.sdk.steps import Answer, Ask, Progress, Steps
from keys import b64
from keys.errors import CanonicalError

_JSON = {"content-type": "application/json"}
_UNKNOWN_TYPE = "application/octet-stream"
_SLACK_S = 30.0
_UPLOAD_TIMEOUT_S = 300.0
Read = TypeVar("Read")


class _Prepared(msgspec.Struct, frozen=True):
    manifest: str
    manifest_digest: str
    message: str
    body: str
    uploads: dict[str, str]


class Core:
    """The operations, as generators of steps.

    Args:
        caller: authenticates and repeats.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def upload(self, path: Path, progress: Progress | None = None) -> Steps[Upload]:
        """Stream a file to the gateway."""
        headers = {"content-type": _UNKNOWN_TYPE, "content-length": str(path.stat().st_size)}
        ask = Ask(
            method="POST",
            path="/v1/uploads",
            headers=headers,
            file=path,
            progress=progress,
            timeout_s=_UPLOAD_TIMEOUT_S,
        )
        return _read((yield from self._caller.call(ask)), Upload)

    def attach(self, file: Path | LocalFile, progress: Progress | None = None) -> Steps[Attachment]:
        """Upload a file and describe it as an attachment."""
        local = LocalFile(file) if isinstance(file, Path) else file
        uploaded = yield from self.upload(local.path, progress)
        guessed = mimetypes.guess_type(local.path.name)[0] or _UNKNOWN_TYPE
        return Attachment(
            upload=uploaded.upload,
            media_type=local.media_type or guessed,
            role=local.role,
            name=local.path.name,
            language=local.language,
            translates=local.translates,
        )

    def prepare(self, draft: Draft) -> Steps[Prepared]:
        """Have the manifest of a draft written; nothing is sent."""
        answer = yield from self._post("/v1/messages:prepare", draft)
        read = _read(answer, _Prepared)
        try:
            manifest, body = b64.decode(read.manifest), b64.decode(read.body)
        except CanonicalError as error:
            raise UnexpectedAnswer("a prepared message cannot be read") from error
        return Prepared(manifest, read.manifest_digest, read.message, body, read.uploads)

    def submit(
        self,
        prepared: Prepared,
        official_signature: str | None = None,
        wait_s: float = 0,
        idempotency_key: str | None = None,
    ) -> Steps[Submitted]:
        """Hand a prepared message over; repeated with the same key until it is answered."""
        content = {
            "manifest": b64.encode(prepared.manifest),
            "body": b64.encode(prepared.body),
            "official_signature": official_signature,
            "uploads": prepared.uploads,
        }
        # The message id is a good key: preparing anew gives a new one.
        headers = {"idempotency-key": idempotency_key or prepared.message}
        if wait_s:
            headers["prefer"] = f"wait={round(wait_s)}"
        answer = yield from self._post("/v1/messages", content, headers, wait_s)
        return _read(answer, Submitted)

    def send(
        self,
        draft: Draft,
        attachments: Sequence[Path | LocalFile] = (),
        sign: Sign | None = None,
        wait_s: float = 0,
        idempotency_key: str | None = None,
        progress: Progress | None = None,
    ) -> Steps[Submitted]:
        """Upload, prepare, have it signed, submit."""
        signer = None if sign is None else signer_of(sign)
        attached = yield from self._attach_all(attachments, progress)
        complete = msgspec.structs.replace(draft, attachments=[*draft.attachments, *attached])
        prepared = yield from self.prepare(complete)
        signature = None if signer is None else signer(prepared.manifest)
        key = idempotency_key or str(uuid.uuid4())
        return (yield from self.submit(prepared, signature, wait_s, key))

    def _attach_all(
        self, files: Sequence[Path | LocalFile], progress: Progress | None
    ) -> Steps[list[Attachment]]:
        attached: list[Attachment] = []
        for file in files:
            attached += [(yield from self.attach(file, progress))]
        return attached

    def messages(self, cursor: str | None = None, limit: int | None = None) -> Steps[SentPage]:
        """A page of what this client sent."""
        return _read((yield from self._get("/v1/messages", _page(cursor, limit))), SentPage)

    def status(self, message: str) -> Steps[Status]:
        """Where a sent message stands, with its evidence."""
        return _read((yield from self._get(f"/v1/messages/{message}")), Status)

    def evidence(self, message: str, event: str, giver: str | None = None) -> Steps[bytes]:
        """A piece of evidence, byte for byte."""
        params = {} if giver is None else {"giver": giver}
        return (yield from self._get(f"/v1/messages/{message}/evidence/{event}", params)).body

    def inbox(
        self, cursor: str | None = None, limit: int | None = None, wait_s: float = 0
    ) -> Steps[InboxPage]:
        """A page of received messages; with `wait_s` an empty one is kept open that long."""
        params = _page(cursor, limit)
        if wait_s:
            params["wait"] = str(round(wait_s))
        return _read((yield from self._get("/v1/inbox", params, wait_s)), InboxPage)

    def collect(self, item: str, purpose: str | None = None) -> Steps[Collected]:
        """Collect a received message for a purpose."""
        content = {} if purpose is None else {"purpose": purpose}
        return _read((yield from self._post(f"/v1/inbox/{item}:collect", content)), Collected)

    def save_attachment(
        self, item: str, position: int, path: Path, progress: Progress | None = None
    ) -> Steps[None]:
        """Stream an attachment of a collected message into a file, which appears once it is complete."""
        ask = Ask(method="GET", path=f"/v1/inbox/{item}/parts/{position}", save_to=path, progress=progress)
        yield from self._caller.call(ask)

    def acknowledge(self, item: str) -> Steps[None]:
        """Confirm that the content is in this client's hands."""
        yield from self._caller.call(Ask(method="POST", path=f"/v1/inbox/{item}:acknowledge"))

    def notices(
        self, cursor: str | None = None, limit: int | None = None, wait_s: float = 0
    ) -> Steps[NoticePage]:
        """A page of notices of time limits; with `wait_s` an empty one is kept open that long."""
        params = _page(cursor, limit)
        if wait_s:
            params["wait"] = str(round(wait_s))
        return _read((yield from self._get("/v1/notices", params, wait_s)), NoticePage)

    def acknowledge_notice(self, notice: str) -> Steps[None]:
        """Confirm that a notice was seen."""
        yield from self._caller.call(Ask(method="POST", path=f"/v1/notices/{notice}:acknowledge"))

    def case(self, case: str) -> Steps[Case]:
        """A case with its events and time limits."""
        return _read((yield from self._get(f"/v1/cases/{case}")), Case)

    def record_moment(
        self, case: str, moment: str, at: str | None = None, counterpart: str | None = None
    ) -> Steps[Moment]:
        """Record in a case what no message shows."""
        given = {"moment": moment, "at": at, "counterpart": counterpart}
        content = {name: value for name, value in given.items() if value is not None}
        return _read((yield from self._post(f"/v1/cases/{case}/moments", content)), Moment)

    def record_agreement_moment(self, agreement: str, moment: str, on: str) -> Steps[AgreementClocks]:
        """Record what happened to an agreement itself."""
        content = {"moment": moment, "on": on}
        return _read((yield from self._post(f"/v1/agreements/{agreement}/moments", content)), AgreementClocks)

    def simulate(self, facts: Mapping[str, Any]) -> Steps[dict[str, Any]]:
        """What would be decided on these facts, with reasons and trace."""
        answer = yield from self._post("/v1/decisions:simulate", dict(facts))
        return _read(answer, dict[str, Any])

    def agreements(self, on: str | None = None) -> Steps[Agreements]:
        """The agreements of the gateway, as of a civil date."""
        params = {} if on is None else {"on": on}
        return _read((yield from self._get("/v1/agreements", params)), Agreements)

    def _get(self, path: str, params: Mapping[str, str] | None = None, wait_s: float = 0) -> Steps[Answer]:
        ask = Ask(method="GET", path=path, params=params or {}, timeout_s=wait_s + _SLACK_S)
        return (yield from self._caller.call(ask))

    def _post(
        self, path: str, content: object, headers: Mapping[str, str] | None = None, wait_s: float = 0
    ) -> Steps[Answer]:
        ask = Ask(
            method="POST",
            path=path,
            headers={**_JSON, **(headers or {})},
            body=msgspec.json.encode(content),
            timeout_s=wait_s + _SLACK_S,
        )
        return (yield from self._caller.call(ask))


def _page(cursor: str | None, limit: int | None) -> dict[str, str]:
    given = {"cursor": cursor, "limit": None if limit is None else str(limit)}
    return {name: value for name, value in given.items() if value is not None}


def _read(answer: Answer, kind: type[Read]) -> Read:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswer(f"an answer cannot be read: {error}") from error
