"""Webhook signatures against the specification's example, and everything that must not verify."""

import base64
from pathlib import Path

import pytest

from keys.errors import CustodyError, OpenFailed
from keys.webhooks import TOLERANCE_S, WebhookSecret

# The example of the Standard Webhooks reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_the_reference_libraries() -> None:
    headers = WebhookSecret(SECRET).headers(ID, AT, BODY)
    assert headers == {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
    WebhookSecret(SECRET).verify(headers, BODY, AT)


def test_one_of_several_signatures_is_enough() -> None:
    headers = WebhookSecret(SECRET).headers(ID, AT, BODY)
    several = headers | {"webhook-signature": f"v1a,x v1,AAAA {SIGNATURE}"}
    WebhookSecret(SECRET).verify(several, BODY, AT + TOLERANCE_S)


@pytest.mark.parametrize(
    ("change", "body", "now"),
    [
        ({"webhook-id": "msg_other"}, BODY, AT),
        ({"webhook-id": ""}, BODY, AT),
        ({"webhook-timestamp": str(AT + 1)}, BODY, AT),
        ({"webhook-timestamp": ""}, BODY, AT),
        ({"webhook-timestamp": "soon"}, BODY, AT),
        ({"webhook-timestamp": "1" * 40}, BODY, AT),
        ({"webhook-timestamp": f"-{AT}"}, BODY, AT),
        ({"webhook-signature": ""}, BODY, AT),
        ({"webhook-signature": SIGNATURE.removeprefix("v1,")}, BODY, AT),
        ({"webhook-signature": SIGNATURE.replace("v1,", "v2,")}, BODY, AT),
        ({"webhook-signature": SIGNATURE + "="}, BODY, AT),
        ({"webhook-signature": "v1,ключ"}, BODY, AT),
        ({}, BODY + b" ", AT),
        ({}, b"", AT),
        ({}, BODY, AT + TOLERANCE_S + 1),
        ({}, BODY, AT - TOLERANCE_S - 1),
    ],
)
def test_nothing_else_verifies(change: dict[str, str], body: bytes, now: int) -> None:
    headers = WebhookSecret(SECRET).headers(ID, AT, BODY) | change
    with pytest.raises(OpenFailed):
        WebhookSecret(SECRET).verify(headers, body, now)


def test_another_secret_does_not_verify() -> None:
    other = WebhookSecret("whsec_" + base64.b64encode(b"x" * 32).decode())
    with pytest.raises(OpenFailed):
        other.verify(WebhookSecret(SECRET).headers(ID, AT, BODY), BODY, AT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        SECRET.removeprefix("whsec_"),
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_not base64 not base64 not base64",
        "whsk_" + base64.b64encode(b"x" * 32).decode(),
    ],
)
def test_a_weak_or_broken_secret_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(CustodyError) as caught:
        WebhookSecret(text)
    assert not text.removeprefix("whsec_") or text.removeprefix("whsec_") not in str(caught.value)


def test_a_secret_is_read_from_a_private_file_only(tmp_path: Path) -> None:
    file = tmp_path / "hook"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    assert WebhookSecret.read(file).headers(ID, AT, BODY)["webhook-signature"] == SIGNATURE
    assert SECRET not in repr(WebhookSecret.read(file))
    file.chmod(0o640)
    with pytest.raises(CustodyError, match="chmod 600"):
        WebhookSecret.read(file)
    with pytest.raises(CustodyError, match="cannot be read"):
        WebhookSecret.read(tmp_path / "missing")
    file.chmod(0o600)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CustodyError):
        WebhookSecret.read(file)
