"""Options of `kelisim send` and `kelisim prepare`, and the draft they describe."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.cli.client_output import WRONG, read_json
from gateway.cli.failing import fail
from gateway.sdk import Body, Draft, LocalFile, Signatory

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...",
        help="Attachments; FILE::role=certified-copy,language=ru,translates=2 says more about one.",
    ),
]
Kind = Annotated[str, typer.Option(help="Kind of message, such as request or result.")]
Agreement = Annotated[str, typer.Option(help="Agreement it is sent under, such as kz-ru-mvd-2008.")]
To = Annotated[list[str], typer.Option(help="Recipient authority, such as ru/mia; may be repeated.")]
Language = Annotated[str, typer.Option(help="Language of the text, such as ru.")]
Subject = Annotated[list[str] | None, typer.Option(help="Subject code of the agreement; may be repeated.")]
Form = Annotated[str | None, typer.Option(help="Form of cooperation, a code of the agreement.")]
Purpose = Annotated[str | None, typer.Option(help="What it may be used for.")]
Level = Annotated[str | None, typer.Option(help="open, restricted (default), confidential, state_secret.")]
Caveat = Annotated[list[str] | None, typer.Option(help="Handling caveat; may be repeated.")]
Text = Annotated[str | None, typer.Option(help="Text of the message.")]
Element = Annotated[
    list[str] | None, typer.Option(help="NAME=TEXT: an element the agreement asks for; may be repeated.")
]
BodyFile = Annotated[Path | None, typer.Option(help="JSON file with the whole body (members as in the API).")]
Case = Annotated[str | None, typer.Option(help="Case it belongs to; found by --in-reply-to otherwise.")]
InReplyTo = Annotated[str | None, typer.Option(help="Message it answers.")]
SignatoryOption = Annotated[
    str | None, typer.Option("--signatory", help="head=NAME or deputy=NAME: the official who signs.")
]
Validity = Annotated[int | None, typer.Option(help="Seconds until it expires undelivered.")]
_OFFICES = ("head", "deputy")


def draft_of(
    *,
    kind: str,
    agreement: str,
    to: list[str],
    language: str,
    subject: list[str] | None,
    form: str | None,
    purpose: str | None,
    level: str | None,
    caveat: list[str] | None,
    text: str | None,
    element: list[str] | None,
    body_file: Path | None,
    case: str | None,
    in_reply_to: str | None,
    signatory: str | None,
    validity_s: int | None,
) -> Draft:
    """The draft that the options describe; ends the command if they contradict each other."""
    return Draft(
        kind=kind,
        agreement=agreement,
        recipients=to,
        body=_body(text, element, body_file),
        language=language,
        subject=subject or [],
        form=form,
        purpose=purpose,
        level=level,
        caveats=caveat or [],
        case=case,
        in_reply_to=in_reply_to,
        signatory=None if signatory is None else _signatory(signatory),
        validity_s=validity_s,
    )


def local_files(files: list[str] | None) -> list[LocalFile]:
    """The attachments named on the command line."""
    return [_local_file(text) for text in files or []]


def _body(text: str | None, element: list[str] | None, body_file: Path | None) -> Body:
    elements = dict(_pair(one, "--element") for one in element or [])
    if body_file is None:
        return Body(text=text, elements=elements)
    if text is not None or elements:
        fail("kelisim: --body-file holds the whole body; leave --text and --element out", WRONG)
    content = read_json(body_file)
    try:
        body = msgspec.convert(content, Body)
    except msgspec.ValidationError as error:
        fail(f"kelisim: {body_file}: {error}", WRONG)
    unknown = sorted(set(content) - {"v", *Body.__struct_fields__})
    if unknown:
        fail(f"kelisim: {body_file}: a body has no {', '.join(unknown)}", WRONG)
    return body


def _signatory(text: str) -> Signatory:
    office, name = _pair(text, "--signatory")
    if office not in _OFFICES:
        fail("kelisim: --signatory is head=NAME or deputy=NAME", WRONG)
    return Signatory(name, office)


def _local_file(text: str) -> LocalFile:
    name, _, more = text.partition("::")
    path = Path(name)
    if not path.is_file():
        fail(f"kelisim: {path}: no such file", WRONG)
    said = dict(_pair(one, text) for one in more.split(",") if one)
    unknown = sorted(set(said) - {"role", "language", "translates", "media_type"})
    if unknown:
        fail(f"kelisim: {text}: an attachment has no {', '.join(unknown)}", WRONG)
    translates = said.get("translates")
    if translates is not None and not translates.isdecimal():
        fail(f"kelisim: {text}: translates is the number of a part", WRONG)
    return LocalFile(
        path,
        role=said.get("role", "attachment"),
        media_type=said.get("media_type"),
        language=said.get("language"),
        translates=None if translates is None else int(translates),
    )


def _pair(text: str, where: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        fail(f"kelisim: {where}: {text!r} is not NAME=VALUE", WRONG)
    return name, value
