"""A peer that forks its log, shows two of them, or answers with evidence that proves nothing."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from audit.events import Event
from gateway.errors import EnvelopeRejected, PeerFrozen
from gateway.exchange.dispatch import Delivery, deliver
from gateway.exchange.expiring import expire
from gateway.exchange.frames import (
    DeliverAnswer,
    DeliverRequest,
    DeliverResult,
    EvidenceAnswer,
    EvidenceRequest,
    Link,
    LogView,
    QueryRequest,
    pack,
    unpack,
)
from gateway.exchange.ingress import on_evidence
from gateway.exchange.peerlog import LogContradiction
from gateway.exchange.prepare import prepare
from gateway.exchange.pushing import push_evidence
from gateway.exchange.submit import Accepted, Submission, submit
from gateway.ports.store import PendingEnvelope
from keys.jwk import SigningKey, Usage
from keys.notes import NoteSigner
from keys.signatures import official_sign
from tests.support import drafts
from tests.support.hostile import HOUR_MS, HandLog, Hostile, Victim, run
from tests.support.world import CLIENT

Answer = Callable[[DeliverRequest], DeliverAnswer]


class Scripted:
    """`PeerTransport` whose answers the test writes."""

    def __init__(self, answer: Callable[[Any], Any], kind: Any = DeliverRequest) -> None:
        self._answer = answer
        self._kind = kind

    async def call(self, authority: str, operation: str, frame: bytes) -> bytes:
        return pack(self._answer(unpack(self._kind, frame)))


class Sent:
    """A message of the victim that waits for the hostile peer."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim
        node = victim.node
        made = prepare(node, CLIENT, drafts.request(recipients=["ru/mia"]))
        signed = official_sign(victim.member.head, made.manifest)
        submission = Submission(made.manifest, made.body, signed, {}, made.message)
        accepted = run(submit(node, CLIENT, submission))
        assert isinstance(accepted, Accepted)
        self.accepted = accepted
        self.ids = {"authority": "kz/mia", "message": made.message, "manifest": made.digest}

    @property
    def pending(self) -> PendingEnvelope:
        return next(
            one
            for one in self.victim.node.store.queued_envelopes("ru/mia", 64)
            if one.envelope.message_id == self.accepted.message
        )

    @property
    def state(self) -> str:
        (envelope,) = self.victim.node.store.envelopes("out", "kz/mia", self.accepted.message)
        return str(envelope.state)

    def evidence_events(self) -> list[str]:
        rows = self.victim.node.store.evidence("kz/mia", self.accepted.message, self.accepted.digest)
        return sorted(row.event for row in rows if row.giver == "ru/mia")


@pytest.fixture
def sent(victim: Victim) -> Sent:
    return Sent(victim)


def answered(
    peer: Hostile, *results: DeliverResult, linked: tuple[int, ...] = (), links: tuple[Link, ...] = ()
) -> Answer:
    def answer(request: DeliverRequest) -> DeliverAnswer:
        sizes = {*linked, *(size for size in request.log.seen if size < len(peer.log.leaves))}
        return DeliverAnswer(1, peer.log.view(*sorted(sizes)), list(links), list(results))

    return answer


def dispatch(sent: Sent, answer: Answer) -> Delivery:
    async def story() -> Delivery:
        delivery = await deliver(sent.victim.node, Scripted(answer), "ru/mia", [sent.pending])  # type: ignore[arg-type]
        await delivery.recorded
        return delivery

    return run(story())


def proof(peer: Hostile, sent: Sent, event: Event = Event.RELAY_ACCEPTANCE, **changes: Any) -> bytes:
    fields = sent.ids | {"recipient": "ru/mia"} | changes
    return peer.log.evidence(event, sent.victim.clock.now, **fields)


def test_honest_evidence_settles_the_message(victim: Victim, peer: Hostile, sent: Sent) -> None:
    """The control."""
    bundles = [proof(peer, sent), proof(peer, sent, Event.CONTENT_CONSIGNMENT)]
    links = (peer.log.link(1),)
    assert dispatch(sent, answered(peer, DeliverResult("accepted", bundles), links=links)).settled
    assert (sent.state, sent.evidence_events()) == ("consigned", ["ContentConsignment", "RelayAcceptance"])


def of_another_message(victim: Victim, peer: Hostile, sent: Sent) -> bytes:
    return proof(peer, sent, message=Sent(victim).accepted.message)


def of_another_manifest(_victim: Victim, peer: Hostile, sent: Sent) -> bytes:
    return proof(peer, sent, manifest="A" * 43)


def of_another_authoritys_message(_victim: Victim, peer: Hostile, sent: Sent) -> bytes:
    return proof(peer, sent, authority="tm/mia")


def by_another_recipient(_victim: Victim, peer: Hostile, sent: Sent) -> bytes:
    return proof(peer, sent, recipient="tm/mia")


def from_the_holders_own_log(_victim: Victim, _peer: Hostile, sent: Sent) -> bytes:
    return sent.accepted.evidence


def from_a_log_that_was_never_shown(_victim: Victim, peer: Hostile, sent: Sent) -> bytes:
    ahead = HandLog(peer.log.signer, [*peer.log.leaves, b"one", b"two"])
    return ahead.evidence(
        Event.RELAY_ACCEPTANCE, sent.victim.clock.now, **(sent.ids | {"recipient": "ru/mia"})
    )


def signed_by_a_stranger(_victim: Victim, peer: Hostile, sent: Sent) -> bytes:
    stranger = HandLog(NoteSigner(peer.log.signer.name, SigningKey.generate(Usage.CHECKPOINT)))
    return stranger.evidence(
        Event.RELAY_ACCEPTANCE, sent.victim.clock.now, **(sent.ids | {"recipient": "ru/mia"})
    )


def with_another_leaf(_victim: Victim, peer: Hostile, sent: Sent) -> bytes:
    good, other = proof(peer, sent), proof(peer, sent, Event.CONTENT_CONSIGNMENT)
    lines, others = good.split(b"\n"), other.split(b"\n")
    return b"\n".join([lines[0], others[1], *lines[2:]])


def of_an_event_that_is_no_evidence(_victim: Victim, peer: Hostile, sent: Sent) -> bytes:
    return peer.log.evidence(Event.PEER_REJECTED, sent.victim.clock.now, peer="kz/mia", content="A" * 43)


def that_is_no_bundle(_victim: Victim, _peer: Hostile, _sent: Sent) -> bytes:
    return b"c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    "forge",
    [
        of_another_message,
        of_another_manifest,
        of_another_authoritys_message,
        by_another_recipient,
        from_the_holders_own_log,
        from_a_log_that_was_never_shown,
        signed_by_a_stranger,
        with_another_leaf,
        of_an_event_that_is_no_evidence,
        that_is_no_bundle,
    ],
    ids=lambda forge: str(forge.__name__),
)
def test_evidence_that_proves_nothing_settles_nothing(
    victim: Victim, peer: Hostile, sent: Sent, forge: Callable[..., bytes]
) -> None:
    peer.log.grow(1)
    bundle = forge(victim, peer, sent)
    size = len(peer.log.leaves)
    links = tuple(peer.log.link(one) for one in range(1, size))
    delivery = dispatch(sent, answered(peer, DeliverResult("accepted", [bundle]), links=links))
    assert not delivery.settled
    assert (sent.state, sent.evidence_events()) == ("queued", [])
    assert len(victim.logged(Event.EVIDENCE_INVALID)) == 1
    assert not victim.logged(Event.PEER_FROZEN)

    callback = EvidenceRequest(
        1, "ru/mia", "kz/mia", peer.log.view(*range(1, size)[-4:]), list(links)[-64:], [bundle]
    )
    answer = unpack(EvidenceAnswer, run(on_evidence(victim.node, ("ru/mia",), pack(callback))))
    assert answer.taken == [False]
    assert (sent.state, sent.evidence_events()) == ("queued", [])


@pytest.mark.parametrize("outcome", ["accepted", "rejected"])
def test_an_outcome_without_evidence_settles_nothing(peer: Hostile, sent: Sent, outcome: str) -> None:
    peer.log.grow(1)
    assert not dispatch(sent, answered(peer, DeliverResult(outcome, []))).settled
    assert sent.state == "queued"


def test_a_conflict_that_the_peer_answers_is_logged_on_this_side_too(
    victim: Victim, peer: Hostile, sent: Sent
) -> None:
    peer.log.grow(1)
    assert dispatch(sent, answered(peer, DeliverResult("conflict", []))).settled
    (conflict,) = victim.logged(Event.CONFLICT_DETECTED)
    assert (conflict.fields["message"], conflict.fields["peer"]) == (sent.accepted.message, "ru/mia")
    assert sent.state == "conflict"


def test_results_for_other_envelopes_than_were_sent_settle_nothing(peer: Hostile, sent: Sent) -> None:
    peer.log.grow(1)
    two = [DeliverResult("conflict", [])] * 2
    with pytest.raises(EnvelopeRejected):
        dispatch(sent, answered(peer, *two))
    assert sent.state == "queued"


def test_a_fork_freezes_the_peer_and_nothing_is_exchanged_afterwards(
    victim: Victim, peer: Hostile, sent: Sent
) -> None:
    peer.log.grow(5)
    run(peer.deliver(peer.request(), view=peer.log.view()))
    forked = peer.log.fork(2, 3)
    with pytest.raises(LogContradiction):
        run(peer.deliver(peer.request(), view=forked.view()))
    require_frozen(victim, peer, sent)
    (frozen,) = victim.logged(Event.PEER_FROZEN)
    assert (frozen.fields["reason"], frozen.fields["size"]) == ("fork", 5)
    assert frozen.fields["root"] != frozen.fields["offered"]


def require_frozen(victim: Victim, peer: Hostile, sent: Sent) -> None:
    assert victim.heard.alerts() == ["peer.frozen"]
    for _ in range(2):
        before = len(victim.node.store.inbox(0, 10))
        with pytest.raises(PeerFrozen):
            run(peer.deliver(peer.request(), view=peer.log.view()))
        with pytest.raises(PeerFrozen):
            dispatch(sent, answered(peer, DeliverResult("accepted", [])))
        with pytest.raises(PeerFrozen):
            run(push_evidence(victim.node, Scripted(answered(peer)), "ru/mia", []))  # type: ignore[arg-type]
        assert len(victim.node.store.inbox(0, 10)) == before
        victim.restart()
    assert sent.state == "queued"


def test_a_forged_link_freezes_the_peer(victim: Victim, peer: Hostile, sent: Sent) -> None:
    peer.log.grow(5)
    run(peer.deliver(peer.request(), view=peer.log.view()))
    forked = peer.log.fork(2, 6)
    with pytest.raises(LogContradiction):
        run(peer.deliver(peer.request(), view=forked.view(5)))
    require_frozen(victim, peer, sent)


def test_an_answer_that_rolls_the_log_back_freezes_the_peer(
    victim: Victim, peer: Hostile, sent: Sent
) -> None:
    peer.log.grow(5)
    dispatch(sent, answered(peer, DeliverResult("again", [])))
    older = LogView(peer.log.note(3), [], [])
    with pytest.raises(LogContradiction):
        dispatch(sent, lambda _request: DeliverAnswer(1, older, [], [DeliverResult("again", [])]))
    require_frozen(victim, peer, sent)


@pytest.mark.parametrize("linked", [False, True], ids=["no link", "another log's link"])
def test_another_log_in_the_answers_than_in_the_requests_is_found_out(
    victim: Victim, peer: Hostile, sent: Sent, linked: bool
) -> None:
    """The sizes of the two logs never meet, and still the answer must link what was seen in the requests."""
    peer.log.grow(5)
    run(peer.deliver(peer.request(), view=peer.log.view()))
    other = peer.log.fork(2, 6)
    view = other.view(5) if linked else other.view()
    seen: list[list[int]] = []

    def answer(request: DeliverRequest) -> DeliverAnswer:
        seen.append(request.log.seen)
        return DeliverAnswer(1, view, [], [DeliverResult("conflict", [])])

    with pytest.raises(LogContradiction if linked else EnvelopeRejected):
        dispatch(sent, answer)
    assert seen == [[5]]
    assert sent.state == "queued"
    assert len(victim.logged(Event.PEER_FROZEN)) == linked


def test_a_checkpoint_of_a_stranger_is_no_view(victim: Victim, peer: Hostile) -> None:
    stranger = HandLog(NoteSigner(peer.log.signer.name, SigningKey.generate(Usage.CHECKPOINT))).grow(3)
    with pytest.raises(EnvelopeRejected):
        run(peer.deliver(peer.request(), view=stranger.view()))
    assert not victim.logged(Event.MESSAGE_RECEIVED)
    assert not victim.logged(Event.PEER_FROZEN)


def test_a_log_that_vanished_is_not_taken(victim: Victim, peer: Hostile) -> None:
    peer.log.grow(3)
    run(peer.deliver(peer.request(), view=peer.log.view()))
    assert run(peer.deliver(peer.request())) == [DeliverResult("again", [])]
    assert len(victim.node.store.inbox(0, 10)) == 1


def test_a_contradiction_in_the_answer_about_an_expired_message_freezes(
    victim: Victim, peer: Hostile, sent: Sent
) -> None:
    peer.log.grow(5)
    run(peer.deliver(peer.request(), view=peer.log.view()))
    victim.clock.now += 80 * HOUR_MS
    forked = peer.log.fork(2, 3)
    answer = DeliverAnswer(1, forked.view(), [], [DeliverResult("again", [])])
    transport = Scripted(lambda _request: answer, QueryRequest)
    run(expire(victim.node, transport, "ru/mia", sent.pending))  # type: ignore[arg-type]
    assert len(victim.logged(Event.PEER_FROZEN)) == 1
    assert victim.heard.alerts() == ["peer.frozen", "delivery.unknown"]
    with pytest.raises(PeerFrozen):
        run(peer.deliver(peer.request(), view=peer.log.view()))


def test_evidence_taken_twice_is_stored_once(victim: Victim, peer: Hostile, sent: Sent) -> None:
    bundle = proof(peer, sent)
    dispatch(sent, answered(peer, DeliverResult("accepted", [bundle])))
    handed = proof(peer, sent, Event.CONTENT_HANDOVER)
    request = EvidenceRequest(1, "ru/mia", "kz/mia", peer.log.view(1), [], [handed])
    for _ in range(2):
        answer = unpack(EvidenceAnswer, run(on_evidence(victim.node, ("ru/mia",), pack(request))))
        assert answer.taken == [True]
    assert (sent.state, sent.evidence_events()) == ("handed_over", ["ContentHandover", "RelayAcceptance"])
    assert len(victim.logged(Event.EVIDENCE_RECEIVED)) == 2


def test_more_evidence_than_a_frame_holds_is_no_frame(victim: Victim, peer: Hostile, sent: Sent) -> None:
    bundle = proof(peer, sent)
    request = EvidenceRequest(1, "ru/mia", "kz/mia", peer.log.view(), [], [bundle] * 65)
    with pytest.raises(EnvelopeRejected):
        run(on_evidence(victim.node, ("ru/mia",), msgspec.msgpack.encode(request)))
    assert sent.evidence_events() == []
