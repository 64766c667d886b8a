"""A peer with valid keys: steps out of order, of the other side, of cases of others."""

from typing import Any

import pytest

from audit.events import Event
from gateway.exchange.body import Body, Competence, Conditions, Obstacle, Oral, Proof, Transferred
from gateway.exchange.frames import EnvelopeFrame
from keys import b64, instants
from keys.envelope import begin_open, open_part
from keys.signature_block import decode_part0
from tests.support import drafts
from tests.support.hostile import HOUR_MS, Hostile, Victim, leaf_of, run, salted_body

RESULT = Body(text="Установлено.", law_applied="Национальное законодательство.")
ORDER = "baseline/case-order"


def step(
    peer: Hostile, kind: str, case: str, answers: str | None, body: Body, **changes: Any
) -> EnvelopeFrame:
    """A message in a case, sealed and unsigned."""
    salted = salted_body(body=body)
    fields = {
        "kind": kind,
        "case": case,
        "in_reply_to": answers,
        "subject": [],
        "form": None,
        "signatory": None,
    }
    return peer.envelope(peer.manifest(salted, **(fields | changes)), [salted], official=None)


def opened(peer: Hostile, **changes: Any) -> tuple[str, str]:
    """A request of the peer's that the victim took: case and message id."""
    body = salted_body(body=changes.pop("body", None))
    manifest = peer.manifest(body, **changes)
    (result,) = run(peer.deliver(peer.envelope(manifest, [body])))
    assert result.outcome == "accepted"
    return manifest.case, manifest.id


def refused(victim: Victim, peer: Hostile, frame: EnvelopeFrame) -> set[str]:
    """The message is rejected with a coarse reason; the provisions stay in the victim's log."""
    before = len(victim.logged(Event.MESSAGE_REFUSED))
    (result,) = run(peer.deliver(frame))
    assert result.outcome == "rejected"
    assert leaf_of(result.evidence[0]).fields["reason"] == "not_permitted"
    (entry,) = victim.logged(Event.MESSAGE_REFUSED)[before:]
    return set(entry.fields["provisions"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("result", RESULT),
        ("acknowledgement", Body(text="Принято.")),
        ("obstacle_notice", Body(obstacle=Obstacle("Нет."))),
        ("authenticity_query", Body(text="?", reason="Сомнение.")),
        ("authenticity_answer", Body(text="Да.", authentic=True)),
        ("conditions_answer", Body(conditions=Conditions(accepted=True))),
        ("confidentiality_answer", Body(execute_despite_disclosure=True)),
        ("transfer_order", Body()),
        (
            "competence_notice",
            Body(competence=Competence(transferred=True, authority="ru/gpo"), reason="Нет."),
        ),
        ("closure", Body()),
    ],
)
def test_the_requester_of_a_fresh_request_sends_none_of_these(
    victim: Victim, peer: Hostile, kind: str, body: Body
) -> None:
    case, message = opened(peer)
    assert ORDER in refused(victim, peer, step(peer, kind, case, message, body))
    assert victim.node.store.case(case, "ru/mia").state == "requested"


def test_a_confirmation_of_another_case_confirms_nothing(victim: Victim, peer: Hostile) -> None:
    made = instants.write(victim.clock.now - HOUR_MS)
    oral = Body(elements=drafts.ELEMENTS, oral=Oral(made, "prevent_crime"))
    case, _ = opened(peer, body=oral)
    _, other = opened(peer)
    confirming = Body(elements=drafts.ELEMENTS, oral=Oral(made, "prevent_crime", confirms=True))
    body = salted_body(body=confirming)
    frame = peer.envelope(peer.manifest(body, case=case, in_reply_to=other), [body])
    assert refused(victim, peer, frame)
    assert victim.node.store.case(case, "ru/mia").state == "oral"


def test_an_oral_request_cannot_be_recorded_twice(victim: Victim, peer: Hostile) -> None:
    oral = Body(
        elements=drafts.ELEMENTS, oral=Oral(instants.write(victim.clock.now - HOUR_MS), "prevent_crime")
    )
    case, _ = opened(peer, body=oral)
    body = salted_body(body=oral)
    assert ORDER in refused(victim, peer, peer.envelope(peer.manifest(body, case=case), [body]))


def test_a_body_that_does_not_fit_its_kind_is_no_message(victim: Victim, peer: Hostile) -> None:
    case, message = opened(peer)
    odd = [
        step(peer, "acknowledgement", case, message, Body(text="Да.", authentic=True)),
        step(peer, "withdrawal", case, message, Body(obstacle=Obstacle("Нет."))),
        step(peer, "conditions_answer", case, message, Body(conditions=Conditions(["Да."]))),
    ]
    assert [one.outcome for one in run(peer.deliver(*odd))] == ["unprocessable"] * 3


def _block(frame: EnvelopeFrame, victim: Victim) -> Any:
    opened_header = begin_open(frame.header, frame.wrap, "kz/mia", victim.node.identity.decryption_key)
    return decode_part0(open_part(opened_header, 0, frame.parts[0]))


def test_a_transfer_needs_the_requesters_own_signature(victim: Victim, peer: Hostile, third: Hostile) -> None:
    """One authority cannot invent a request of another, and a foreign state is not passed anything."""
    body = salted_body()
    invented = peer.manifest(body, sender="tm/mia", originator="tm/mia", recipients=["ru/mia"])
    block = _block(peer.envelope(invented, [body]), victim)
    proof = Proof(b64.encode(block.manifest), block.official, block.seal)
    transfer = step(
        peer, "transfer", invented.case, None, Body(text="Передаём.", transferred=Transferred(proof))
    )
    assert ORDER in refused(victim, peer, transfer)
    assert victim.node.store.cases(invented.case) == []


def test_a_notice_of_a_transfer_opens_no_case_with_a_stranger(victim: Victim, peer: Hostile) -> None:
    """Only the executor of a case tells that it passed it on, and only within its own state."""
    case, message = opened(peer)
    claim = Body(competence=Competence(transferred=True, authority="tm/mia"), reason="Нет.", text="Нет.")
    refused(victim, peer, step(peer, "competence_notice", case, message, claim))
    assert [row.counterpart for row in victim.node.store.cases(case)] == ["ru/mia"]
