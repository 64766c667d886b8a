"""Chapters 2 and 3: a request with an annex goes to Russia, is clarified and answered."""

from deploy.demo import letters, proofs
from deploy.demo.checking import require, require_equal
from deploy.demo.stage import WAIT_S, Stage, require_arrived
from deploy.demo.world import KZ, KZ_RU, RU
from gateway.sdk.answers import InboxItem, Submitted


def request(stage: Stage) -> Submitted:
    """A request in Russian with a PDF annex, signed by the head outside the node and sealed by the node."""
    stage.show.chapter("A request from Kazakhstan to Russia")
    client = stage.clients[KZ]
    attached = client.attach(letters.annex(stage.papers))
    draft = letters.with_attachments(letters.request_to_russia(), [attached])
    prepared = client.prepare(draft)
    stage.show.done("kz/mia drafts a request in Russian with a PDF annex", f"message {prepared.message}")
    signature = stage.sign_outside(KZ, prepared)
    stage.show.done("the head signs the manifest outside the node", "kelisim sign MANIFEST --key head.jwk")
    sent = client.submit(prepared, signature, wait_s=WAIT_S)
    require_arrived(sent, f"{KZ_RU}/5.1")
    stage.show.permit(
        "kz/mia seals and submits; ru/mia decides for itself and takes it",
        sent.decision.provisions,
        f"case    {sent.case}",
    )
    _show_evidence(stage, sent)
    return sent


def _show_evidence(stage: Stage, sent: Submitted) -> None:
    found = {one.event: one for one in stage.clients[KZ].status(sent.message).evidence}
    givers = {"SubmissionAcceptance": KZ, "RelayAcceptance": RU, "ContentConsignment": RU}
    details = []
    for event, giver in givers.items():
        require(event in found, f"no {event} came back, only {sorted(found)}")
        proven = proofs.prove(found[event], stage.members[giver], sent)
        details.append(f"{event} of {giver}: entry {proven.index} of {proven.checkpoint.origin}")
    stage.show.done("its evidence verifies offline, against the givers' log keys alone", *details)


def conversation(stage: Stage, sent: Submitted) -> InboxItem:
    """Russia collects, acknowledges and asks; Kazakhstan answers; the result comes and is returned."""
    stage.show.chapter("Russia collects, asks, and answers")
    _collect_request(stage, sent)
    taken = _reply(stage, RU, "acknowledgement", sent, sent.message, "baseline/correspondence")
    require_equal("state of the case", stage.clients[KZ].case(sent.case).state, "acknowledged")
    query = _reply(stage, RU, "clarification_query", sent, sent.message, f"{KZ_RU}/7.3")
    stage.collect(KZ, taken.message, letters.PURPOSE)
    stage.collect(KZ, query.message, letters.PURPOSE)
    answer = _reply(stage, KZ, "clarification_answer", sent, query.message, f"{KZ_RU}/7.3")
    stage.collect(RU, answer.message, letters.PURPOSE)
    result = _reply(stage, RU, "result", sent, sent.message, f"{KZ_RU}/7.6")
    item, content = stage.collect(KZ, result.message, letters.PURPOSE)
    stage.await_evidence(RU, result.message, "ContentHandover")
    case = stage.clients[KZ].case(sent.case)
    require_equal("state of the case", case.state, "answered")
    stage.show.done(
        "kz/mia collects the result; the case is answered",
        f"the text: {content.body['text']}",
        f"the case: {', '.join(event.kind for event in case.events)}",
    )
    return item


def _collect_request(stage: Stage, sent: Submitted) -> None:
    item, content = stage.collect(RU, sent.message, letters.PURPOSE)
    (part,) = content.attachments
    copy = stage.papers / "annex-as-received.pdf"
    stage.clients[RU].save_attachment(item.id, part.position, copy)
    original = letters.annex(stage.papers).path
    require(copy.read_bytes() == original.read_bytes(), "the annex arrived changed")
    handover = stage.await_evidence(KZ, sent.message, "ContentHandover")
    proven = proofs.prove(handover, stage.members[RU], sent)
    stage.show.permit(
        "ru/mia collects it for the purpose stated; the annex is the same, byte for byte",
        content.decision.provisions,
        f"ContentHandover of ru/mia came back: entry {proven.index} of {proven.checkpoint.origin}",
    )


def _reply(stage: Stage, sender: str, kind: str, sent: Submitted, answered: str, provision: str) -> Submitted:
    replied = stage.send(sender, letters.reply(kind, sender, sent.case, answered), provision=provision)
    require_equal(f"case of the {kind}", replied.case, sent.case)
    stage.show.permit(f"{sender} sends: {kind.replace('_', ' ')}", replied.decision.provisions)
    return replied
