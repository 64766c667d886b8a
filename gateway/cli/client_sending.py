"""`kelisim send | prepare | sign | submit`: a message on its way out, signed by an official or not.

prepare   writes MANIFEST (the bytes to sign) and MANIFEST.submission (what goes along)
sign      writes MANIFEST.jws; needs no gateway, so it runs wherever the official's key is
submit    hands all of them over
"""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from gateway.cli import client_draft as options
from gateway.cli.client_output import WRONG, client_errors, read_json, show_json, transfer, write_own
from gateway.cli.failing import fail
from gateway.sdk import Client, Prepared, Submitted, official_signer
from keys import b64, canonical
from keys.errors import CanonicalError

Profile = Annotated[
    Path, typer.Option(envvar="KELISIM_PROFILE", help="Profile: gateway, client id and key (TOML or JSON).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Wait = Annotated[int, typer.Option(min=0, help="Seconds to wait for the first evidence to come back.")]
Passphrase = Annotated[
    str | None, typer.Option(envvar="KELISIM_PASSPHRASE", help="Passphrase of the official's key.")
]
Key = Annotated[str | None, typer.Option(help="Idempotency key; under a used one nothing is sent again.")]
REST, SIGNATURE = ".submission", ".jws"


class _Rest(msgspec.Struct, frozen=True):
    message: str
    manifest_digest: str
    body: str
    uploads: dict[str, str]


def send(
    profile: Profile,
    kind: options.Kind,
    agreement: options.Agreement,
    to: options.To,
    language: options.Language,
    files: options.Files = None,
    subject: options.Subject = None,
    form: options.Form = None,
    purpose: options.Purpose = None,
    level: options.Level = None,
    caveat: options.Caveat = None,
    text: options.Text = None,
    element: options.Element = None,
    body_file: options.BodyFile = None,
    case: options.Case = None,
    in_reply_to: options.InReplyTo = None,
    signatory: options.SignatoryOption = None,
    validity_s: options.Validity = None,
    sign_with: Annotated[Path | None, typer.Option(help="Key file of the official who signs.")] = None,
    passphrase: Passphrase = None,
    wait: Wait = 0,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Send a message with any files. Ends with 1 if an agreement does not permit it."""
    draft = _draft(locals())
    attached = options.local_files(files)
    with client_errors(as_json=as_json), Client(profile) as client:
        signer = None if sign_with is None else official_signer(sign_with, passphrase)
        with transfer([one.path for one in attached]) as progress:
            sent = client.send(
                draft,
                attachments=attached,
                sign=signer,
                wait_s=wait,
                idempotency_key=key,
                progress=progress,
            )
    _show(sent, as_json=as_json)


def prepare(
    profile: Profile,
    kind: options.Kind,
    agreement: options.Agreement,
    to: options.To,
    language: options.Language,
    files: options.Files = None,
    subject: options.Subject = None,
    form: options.Form = None,
    purpose: options.Purpose = None,
    level: options.Level = None,
    caveat: options.Caveat = None,
    text: options.Text = None,
    element: options.Element = None,
    body_file: options.BodyFile = None,
    case: options.Case = None,
    in_reply_to: options.InReplyTo = None,
    signatory: options.SignatoryOption = None,
    validity_s: options.Validity = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Manifest file to write.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the manifest of a message for an official to sign. Nothing is sent."""
    draft = _draft(locals())
    attached = options.local_files(files)
    with client_errors(as_json=as_json), Client(profile) as client:
        with transfer([one.path for one in attached]) as progress:
            uploaded = [client.attach(one, progress) for one in attached]
        prepared = client.prepare(msgspec.structs.replace(draft, attachments=uploaded))
        manifest = out or Path(f"{prepared.message}.manifest.json")
        rest = _Rest(prepared.message, prepared.manifest_digest, b64.encode(prepared.body), prepared.uploads)
        write_own(manifest, prepared.manifest)
        write_own(_beside(manifest, REST), msgspec.json.encode(rest))
    if as_json:
        show_json({"message": prepared.message, "manifest": str(manifest), "digest": rest.manifest_digest})
    else:
        typer.echo(f"{manifest}: message {prepared.message}; sign it, then submit it")


def sign(
    manifest: Annotated[Path, typer.Argument(help="Manifest file, as `prepare` wrote it.")],
    key: Annotated[Path, typer.Option(help="Key file of the official.")],
    passphrase: Passphrase = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Where the signature goes.")] = None,
) -> None:
    """Sign a manifest as an official, outside the gateway. What is signed is shown."""
    with client_errors():
        data = manifest.read_bytes()
        typer.echo(_summary(manifest, data), err=True)
        signature = official_signer(key, passphrase)(data)
        target = out or _beside(manifest, SIGNATURE)
        target.write_text(signature, encoding="ascii")
    typer.echo(str(target))


def submit(
    profile: Profile,
    manifest: Annotated[Path, typer.Argument(help="Manifest file, as `prepare` wrote it.")],
    signature: Annotated[
        Path | None, typer.Option(help="Signature file; MANIFEST.jws if there is one.")
    ] = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Submit a prepared message. Repeating it is safe: the same message is accepted once."""
    rest = _rest(_beside(manifest, REST))
    with client_errors(as_json=as_json), Client(profile) as client:
        beside = _beside(manifest, SIGNATURE)
        chosen = signature or (beside if beside.is_file() else None)
        official = None if chosen is None else chosen.read_text(encoding="utf-8").strip()
        prepared = Prepared(
            manifest.read_bytes(), rest.manifest_digest, rest.message, _decoded(rest.body), rest.uploads
        )
        sent = client.submit(prepared, official, wait_s=wait)
    _show(sent, as_json=as_json)


def _draft(given: dict[str, Any]) -> Any:
    """The draft from a command's arguments, of which a few are not about it."""
    others = {
        "profile",
        "files",
        "sign_with",
        "passphrase",
        "wait",
        "key",
        "as_json",
        "out",
    }
    return options.draft_of(**{name: value for name, value in given.items() if name not in others})


def _beside(manifest: Path, suffix: str) -> Path:
    return manifest.with_name(manifest.name + suffix)


def _rest(path: Path) -> _Rest:
    try:
        return msgspec.convert(read_json(path), _Rest)
    except msgspec.ValidationError as error:
        fail(f"kelisim: {path}: not written by `kelisim prepare`: {error}", WRONG)


def _decoded(text: str) -> bytes:
    try:
        return b64.decode(text)
    except CanonicalError:
        fail("kelisim: the submission file is damaged", WRONG)


def _summary(path: Path, data: bytes) -> str:
    """What an official is about to sign, in lines."""
    try:
        manifest = canonical.decode(data)
    except CanonicalError as error:
        fail(f"kelisim: {path}: not a manifest: {error}", WRONG)
    if not isinstance(manifest, dict):
        fail(f"kelisim: {path}: not a manifest", WRONG)
    shown = ("kind", "sender", "recipients", "agreement", "subject", "purpose", "level", "expires")
    lines = [f"  {name}: {_plain(manifest.get(name))}" for name in shown]
    parts = manifest.get("parts")
    for part in parts if isinstance(parts, list) else []:
        said = part if isinstance(part, dict) else {}
        lines += [f"  part {said.get('position')}: {said.get('name') or said.get('role')}"]
    return "\n".join([f"{path}: message {manifest.get('id')}", *lines])


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _show(sent: Submitted, *, as_json: bool) -> None:
    if as_json:
        show_json(sent)
        return
    typer.echo(f"message {sent.message}\ncase    {sent.case}\nstate   {sent.state}")
    typer.echo(f"under   {', '.join(sent.decision.provisions)}")
