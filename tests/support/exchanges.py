"""Short ways to messages under way, for the tests of the API."""

import msgspec

from keys import b64
from keys.signatures import official_sign
from tests.support import drafts
from tests.support.node_fixture import LiveNode


def draft_json(**changes: object) -> dict[str, object]:
    """A lawful request as a client writes it; None drops a member."""
    content = msgspec.to_builtins(drafts.request()) | changes
    return {name: value for name, value in content.items() if value is not None}


async def prepared(node: LiveNode, **changes: object) -> dict[str, object]:
    """A prepared and signed submission, with the message id under `message`."""
    answer = await node.post("/v1/messages:prepare", json=draft_json(**changes))
    assert answer.status_code == 200, answer.text
    content = answer.json()
    manifest = b64.decode(content["manifest"])
    return {
        "manifest": content["manifest"],
        "body": content["body"],
        "official_signature": official_sign(node.member.head, manifest),
        "uploads": content["uploads"],
        "message": content["message"],
    }


def submission(made: dict[str, object], **changes: object) -> dict[str, object]:
    """What POST /v1/messages takes of a prepared message."""
    content = {name: value for name, value in made.items() if name != "message"}
    return content | changes


async def delivered(node: LiveNode, key: str = "key-1", **changes: object) -> dict[str, object]:
    """Send a request and wait until it is in the other side's inbox; the submission's answer."""
    made = await prepared(node, **changes)
    answer = await node.submit(submission(made), key, headers={"prefer": "wait=5"})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "consigned", answer.text
    return dict(answer.json())


async def first_item(node: LiveNode) -> str:
    """Id of the first item of the inbox."""
    answer = await node.get("/v1/inbox")
    return str(answer.json()["items"][0]["id"])


def problem(answer: object) -> str:
    """The name of the problem an answer is, checked to be complete."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text  # type: ignore[attr-defined]
    content = answer.json()  # type: ignore[attr-defined]
    assert content["status"] == answer.status_code  # type: ignore[attr-defined]
    assert content["title"]
    assert content["instance"].startswith("urn:uuid:")
    return str(content["type"]).removeprefix("/problems/")
