"""Chapters 4 and 5: what the agreements do not allow, and what would make it lawful."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.demo import letters
from deploy.demo.checking import require, require_equal
from deploy.demo.commands import Arguments, run, together
from deploy.demo.stage import Stage, source_of
from deploy.demo.world import KZ, KZ_RU, KZ_TM, RU, TM, Member
from gateway.sdk.answers import InboxItem

_NOTIFICATION = "Last notification of completed procedures"


def to_russia(stage: Stage) -> None:
    """Three requests to Russia that the agreement of the ministries does not allow."""
    stage.show.chapter("What the agreement with Russia does not allow")
    stage.denied(
        KZ,
        letters.request_to_russia(signed=False),
        provision=f"{KZ_RU}/5.4",
        text="a request that no official signed",
    )
    stage.denied(
        KZ,
        letters.request_to_russia(kazakh=True),
        provision=f"{KZ_RU}/10",
        text="a request in Kazakh without a Russian translation",
    )
    stage.denied(
        KZ,
        letters.request_to_russia(form="extradition"),
        provision=f"{KZ_RU}/3.2",
        text="a request for extradition",
    )


def to_turkmenistan(stage: Stage, result: InboxItem) -> None:
    """Before activation, two admins on either side, a lawful request, a state secret, an onward transfer."""
    stage.show.chapter("The agreement with Turkmenistan")
    papers = letters.papers_for_turkmenistan(stage.papers)
    stage.denied(
        KZ,
        letters.request_to_turkmenistan(),
        *papers,
        provision=f"{KZ_TM}/10",
        text="a request before the agreement is activated",
    )
    _activate(stage)
    sent = stage.send(KZ, letters.request_to_turkmenistan(), *papers, provision=f"{KZ_TM}/2(1)")
    stage.show.permit(
        "the same request now: Kazakh, translated into Russian, with the certified copy",
        sent.decision.provisions,
    )
    stage.denied(
        KZ,
        letters.request_to_turkmenistan(level="state_secret"),
        *papers,
        provision=f"{KZ_TM}/4.4",
        text="the same request, declared a state secret",
    )
    stage.denied(
        KZ,
        letters.request_to_turkmenistan(sources=[source_of(result)]),
        *papers,
        provision=f"{KZ_RU}/8.3",
        text="the Russian result passed on to Turkmenistan without a grant",
    )
    _what_if(stage)


def nothing_refused_left(stage: Stage) -> None:
    """What was permitted is all that was sent, and all that was not fetched yet is Turkmenistan's request."""
    sent = [one.kind for one in stage.clients[KZ].messages(limit=200).items]
    require_equal("what kz/mia sent", sent, ["request", "clarification_answer", "request"])
    waiting = {
        name: [item.kind for item in client.inbox(limit=200).items if item.state != "acknowledged"]
        for name, client in stage.clients.items()
    }
    require_equal("what waits in the inboxes", waiting, {KZ: [], RU: [], TM: ["request"]})
    stage.show.done("nothing that was denied has left: only tm/mia has a message waiting, the lawful request")


def _activate(stage: Stage) -> None:
    """Each node has its own admins; the first one proposes, the second one puts the agreement in force."""
    for name in ("admin-1", "admin-2"):
        outputs = together(*([_activation(stage.members[one], name)] for one in (KZ, TM)))
        said = [text for (text,) in outputs]
        word = "proposed" if name == "admin-1" else "in force"
        require(all(word in text for text in said), f"activation by {name}: {said}")
        who = "the first" if name == "admin-1" else "the second"
        text = f"{who} admin of kz/mia and of tm/mia signs, with a key kept outside the node"
        stage.show.done(text, *dict.fromkeys(said))
    in_force = {one.agreement: one.in_force for one in stage.clients[KZ].agreements().items}
    require(in_force[KZ_TM], "the agreement is still not in force after two admins signed")


def _activation(member: Member, admin: str) -> Arguments:
    since = datetime.now(UTC).date() - timedelta(days=1)
    options = ("--from", since.isoformat(), "--reference", _NOTIFICATION, "--key", member.key(admin))
    return ("agreement", "activate", member.folder, KZ_TM, *options)


def _what_if(stage: Stage) -> None:
    """The same transfer as bare facts: denied, and permitted once Russia's grant is among them."""
    file = stage.papers / "facts.json"
    file.write_text(json.dumps(_onward_facts(granted=False)), encoding="utf-8")
    denied = json.loads(run("decide", "--facts", file, expected=1).output)
    require_equal("what if: decisive provision", denied["provisions"][0], f"{KZ_RU}/8.3")
    file.write_text(json.dumps(_onward_facts(granted=True)), encoding="utf-8")
    permitted = json.loads(run("decide", "--facts", file).output)
    require_equal("what if: outcome", permitted["outcome"], "permit")
    stage.show.done(
        "what if? the same facts, and then with Russia's prior grant among them",
        f"kelisim decide: deny under {denied['provisions'][0]}, then permit",
    )


def _onward_facts(*, granted: bool) -> dict[str, Any]:
    source = {
        "agreement": KZ_RU,
        "originator": RU,
        "recipient_is_originator": False,
        "grant_verified": granted,
        "grant_prior": granted,
        "beneficiary_matches": granted,
    }
    return {
        "act": "send",
        "kind": "information",
        "agreement": KZ_TM,
        "agreement_in_force": True,
        "agreement_replaced": False,
        "sender": KZ,
        "sender_state": "KZ",
        "sender_listed": True,
        "recipient": TM,
        "recipient_state": "TM",
        "recipient_listed": True,
        "parties_match": True,
        "multiple_recipients": 1,
        "subject": ["property"],
        "form": "operational_search_information",
        "matter_excluded": "none",
        "oral": False,
        "oral_confirms": False,
        "case_transition_allowed": True,
        "official_signature": "head",
        "seal": True,
        "languages": ["kk"],
        "translation_languages": ["kk", "ru"],
        "sender_state_language": "kk",
        "recipient_state_language": "tk",
        "language_agreed": False,
        "level": "restricted",
        "level_set_by_originator": True,
        "level_changed": "none",
        "caveats": [],
        "purpose": letters.PURPOSE,
        "purpose_declared": True,
        "purpose_same": True,
        "onward": True,
        "sources": [source],
    }
