"""The SDK against real nodes: a message with an attachment there, its collection, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gateway.exchange.body import Body as NodeBody
from gateway.exchange.prepare import Attachment as NodeAttachment
from gateway.exchange.prepare import Draft as NodeDraft
from gateway.sdk import (
    AsyncClient,
    Attachment,
    Body,
    Client,
    Draft,
    LocalFile,
    ProblemError,
    ProfileError,
    Signatory,
    official_signer,
)
from keys.jwk import save_private
from tests.support import drafts
from tests.support.node_fixture import Town
from tests.support.world import HEAD_NAME

Make = Callable[[str], AsyncClient]


def _names(folder: Path, start: str) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(start)]


def request(**changes: object) -> Draft:
    fields: dict[str, object] = {
        "kind": "request",
        "agreement": "kz-ru-mvd-2008",
        "recipients": ["ru/mia"],
        "body": Body(elements=drafts.ELEMENTS),
        "language": "ru",
        "subject": ["property"],
        "form": drafts.request().form,
        "purpose": "crime-solving",
        "signatory": Signatory(HEAD_NAME, "head"),
    }
    return Draft(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def head(town: Town, tmp_path: Path) -> Path:
    save_private(tmp_path / "head.jwk", town["kz/mia"].member.head, None)
    return tmp_path / "head.jwk"


@pytest.mark.anyio
async def test_a_message_with_an_attachment_goes_there_and_back(
    sdk: Make, head: Path, tmp_path: Path
) -> None:
    kz, ru = sdk("kz/mia"), sdk("ru/mia")
    annex = tmp_path / "annex.pdf"
    annex.write_bytes(bytes(range(256)) * 3000)
    moved: list[int] = []
    sent = await kz.send(request(), attachments=[annex], sign=head, wait_s=5, progress=moved.append)
    assert (sent.state, sum(moved)) == ("consigned", annex.stat().st_size)

    (item,) = (await ru.inbox()).items
    assert (item.message, item.sender) == (sent.message, "kz/mia")
    content = await ru.collect(item.id, "crime-solving")
    (part,) = content.attachments
    assert (part.name, part.media_type) == ("annex.pdf", "application/pdf")
    target = tmp_path / "got.pdf"
    await ru.save_attachment(item.id, part.position, target)
    assert target.read_bytes() == annex.read_bytes()
    assert not target.stat().st_mode & 0o077
    await ru.acknowledge(item.id)

    answer = Draft(
        kind="acknowledgement",
        agreement="kz-ru-mvd-2008",
        recipients=["kz/mia"],
        in_reply_to=item.message,
        body=Body(text="Запрос принят."),
        language="ru",
        purpose="crime-solving",
    )
    back = await ru.send(answer, wait_s=5)
    assert back.case == sent.case
    case = await kz.case(sent.case)
    assert [event.kind for event in case.events] == ["request", "acknowledgement"]
    assert case.state == "acknowledged"


def test_the_blocking_client_does_the_same(blocking: Callable[[str], Client], tmp_path: Path) -> None:
    kz, ru = blocking("kz/mia"), blocking("ru/mia")
    annex = tmp_path / "annex.txt"
    annex.write_bytes(b"annex")
    information = request(kind="information", signatory=None)
    sent = kz.send(information, attachments=[LocalFile(annex, language="ru")], wait_s=5)
    assert sent.state == "consigned"
    (item,) = ru.wait_inbox(5).items
    content = ru.collect(item.id, "crime-solving")
    ru.save_attachment(item.id, content.attachments[0].position, tmp_path / "got.txt")
    assert (tmp_path / "got.txt").read_bytes() == b"annex"
    ru.acknowledge(item.id)
    status = kz.status(sent.message)
    assert status.message.case == sent.case
    assert kz.evidence(sent.message, "SubmissionAcceptance") == sent.evidence.encode()
    assert [one.message for one in kz.messages().items] == [sent.message]
    assert {one.agreement for one in kz.agreements().items} >= {"kz-ru-mvd-2008", "kz-tm-2024", "sco-2010"}
    assert kz.simulate({"act": "send"})["outcome"] == "deny"


@pytest.mark.anyio
async def test_a_denial_carries_its_provisions(sdk: Make) -> None:
    with pytest.raises(ProblemError) as caught:
        await sdk("kz/mia").send(request(signatory=None))
    assert caught.value.denied
    assert "kz-ru-mvd-2008/5.4" in caught.value.provisions
    assert caught.value.remedies
    assert "kz-ru-mvd-2008/5.4" in str(caught.value)


@pytest.mark.anyio
async def test_an_invalid_draft_names_the_places(sdk: Make) -> None:
    with pytest.raises(ProblemError) as caught:
        await sdk("kz/mia").prepare(request(kind="gossip"))
    assert (caught.value.name, caught.value.problems[0].pointer) == ("invalid", "/kind")


@pytest.mark.anyio
async def test_submitting_again_returns_the_same_message(sdk: Make, head: Path) -> None:
    kz = sdk("kz/mia")
    prepared = await kz.prepare(request())
    signature = official_signer(head)(prepared.manifest)
    first = await kz.submit(prepared, signature)
    assert (await kz.submit(prepared, signature)).evidence == first.evidence


@pytest.mark.anyio
async def test_a_used_key_sends_nothing_again(sdk: Make, head: Path) -> None:
    kz = sdk("kz/mia")
    await kz.send(request(), sign=head, idempotency_key="one")
    with pytest.raises(ProblemError) as caught:
        await kz.send(request(), sign=head, idempotency_key="one")
    assert caught.value.name == "idempotency-key-reused"
    assert len((await kz.messages()).items) == 1


@pytest.mark.anyio
async def test_an_attachment_that_is_not_given_leaves_no_file(sdk: Make, tmp_path: Path) -> None:
    with pytest.raises(ProblemError):
        await sdk("ru/mia").save_attachment("01a1fcf2-acba-7289-8bf9-354d9f0c3a8c", 2, tmp_path / "x")
    assert _names(tmp_path, "x") == []


@pytest.mark.anyio
async def test_a_key_for_something_else_does_not_sign(sdk: Make, town: Town, tmp_path: Path) -> None:
    save_private(tmp_path / "admin.jwk", town["kz/mia"].member.admins[0], None)
    with pytest.raises(ProfileError):
        await sdk("kz/mia").send(request(), sign=tmp_path / "admin.jwk")
    with pytest.raises(ProfileError):
        await sdk("kz/mia").send(request(), sign=tmp_path / "absent.jwk")
    assert (await sdk("kz/mia").messages()).items == ()


@pytest.mark.parametrize(
    ("ours", "theirs"), [(Draft, NodeDraft), (Body, NodeBody), (Attachment, NodeAttachment)]
)
def test_the_sdk_states_what_the_gateway_reads(
    ours: type[msgspec.Struct], theirs: type[msgspec.Struct]
) -> None:
    assert set(ours.__struct_fields__) == set(theirs.__struct_fields__) - {"v"}


def test_a_full_draft_is_one_that_the_gateway_reads() -> None:
    encoded = msgspec.json.encode(request(level="open", caveats=["x"], validity_s=600))
    assert msgspec.json.decode(encoded, type=NodeDraft).level == "open"
    assert msgspec.json.decode(msgspec.json.encode(request()), type=NodeDraft).level == "restricted"
