"""Either node is killed with SIGKILL at each of the ten named points of an exchange, and started again.

Afterwards there is exactly one message in the inbox, one piece of evidence of each kind at the sender, the
client's repeated submission gets the same bytes, and both logs verify.
"""

import gc
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.verify import Verdict
from gateway.sdk import Client, Status, Submitted
from tests.support.partners import (
    RU,
    Partner,
    Partners,
    items_of,
    submit_through,
    until,
    wait_state,
)

pytestmark = [
    pytest.mark.e2e,
    # A server that dies between a client's connect and handshake leaves CPython's ssl module with a socket
    # that nobody closes (ssl.SSLSocket._create raises what recv raised). `_collected` lets that happen here.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]
AT_SENDER = (
    "submit.validated",
    "submit.sealed",
    "submit.committed",
    "dispatch.before_send",
    "dispatch.answered",
    "dispatch.committed",
)
AT_A_SCAN = ("clocks.found", "clocks.fired")
"""Killed at in tests/unit/exchange/test_firing.py and, over days, in tests/simulation."""
AT_RECEIVER = ("receive.opened", "receive.decided", "receive.committed", "receive.before_answer")
PDF = b"%PDF-1.7\n% generated\n" + bytes(range(256)) * 8 + b"\n%%EOF\n"
EXPECTED = {
    ("SubmissionAcceptance", "kz/mia"): 1,
    ("RelayAcceptance", RU): 1,
    ("ContentConsignment", RU): 1,
    ("ContentHandover", RU): 1,
}


def test_every_named_crash_point_of_the_code_is_killed_at_here() -> None:
    root = Path(__file__).resolve().parents[2] / "gateway"
    named = {
        name
        for path in root.rglob("*.py")
        for name in re.findall(r"crash_point\(\"([a-z_.]+)\"\)", path.read_text())
    }
    assert named == {*AT_SENDER, *AT_RECEIVER, *AT_A_SCAN}


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.mark.parametrize("point", AT_SENDER)
def test_a_sender_killed_in_an_exchange_loses_and_doubles_nothing(serving: Partners, point: str) -> None:
    serving.kz.restart(crash_at=point)
    _exchange_over_a_kill(serving, serving.kz)


@pytest.mark.parametrize("point", AT_RECEIVER)
def test_a_receiver_killed_in_an_exchange_loses_and_doubles_nothing(serving: Partners, point: str) -> None:
    serving.ru.restart(crash_at=point)
    _exchange_over_a_kill(serving, serving.ru)


def _exchange_over_a_kill(partners: Partners, killed: Partner) -> None:
    annex = partners.kz.member.folder / "annex.pdf"
    annex.write_bytes(PDF)
    with partners.kz.client() as sender:
        attached = [sender.attach(annex)]
        prepared, signature = partners.request(sender, attachments=attached)
        first = submit_through(sender, prepared, signature)
        killed.wait_killed()
        killed.start()
        repeated = _submitted_again(sender, prepared, signature, first)
        wait_state(sender, prepared.message, "consigned")
        _collect_the_only_one(partners, prepared.message)
        status = wait_state(sender, prepared.message, "handed_over")
        again = sender.submit(prepared, signature)
    assert again.evidence == repeated.evidence
    _require_one_of_each(status)
    assert _stored(status, "SubmissionAcceptance") == repeated.evidence
    for partner in (partners.kz, partners.ru):
        report = partner.audit()
        assert report.verdict is Verdict.OK, report


def _submitted_again(sender: Client, prepared: object, signature: str, first: Submitted | None) -> Submitted:
    repeated = sender.submit(prepared, signature)  # type: ignore[arg-type]
    if first is not None:
        assert repeated.evidence == first.evidence
    return repeated


def _collect_the_only_one(partners: Partners, message: str) -> None:
    with partners.ru.client() as reader:
        item = until(lambda: next(iter(items_of(reader, message)), None), "the message in the inbox")
        assert len(items_of(reader, message)) == 1
        collected = reader.collect(item.id, "crime-solving")
        copy = partners.ru.member.folder / "annex-received.pdf"
        reader.save_attachment(item.id, collected.attachments[0].position, copy)
        assert copy.read_bytes() == PDF
        reader.acknowledge(item.id)


def _require_one_of_each(status: Status) -> None:
    assert dict(Counter((one.event, one.giver) for one in status.evidence)) == EXPECTED


def _stored(status: Status, event: str) -> str:
    return next(one.bundle for one in status.evidence if one.event == event)
