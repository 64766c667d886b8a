"""Every fact that a pack reads about a message is one that the gateway states: all packs, acts, kinds."""

from typing import Any, get_args

import msgspec
import pytest

from gateway.exchange.body import (
    Amendment,
    Body,
    Competence,
    Conditions,
    Correction,
    Destruction,
    Disclosure,
    Obstacle,
    Oral,
    Refusal,
    UseReport,
)
from gateway.exchange.facts import message_facts
from gateway.exchange.manifest import OPENING_KINDS, Manifest, PersonalData, Source, decode_manifest
from gateway.exchange.prepare import prepare
from gateway.exchange.standing import Memory
from gateway.exchange.verified import Carried, CasePosition, Verified
from gateway.ports.rows import CaseEventRow, CaseRow
from keys import instants
from policies.facts import Kind
from policies.loading import load_packs
from tests.support import drafts
from tests.support.stating import COMPARED, in_force
from tests.support.village import Village
from tests.support.world import CLIENT

PACKS = load_packs()
OTHER = {"kz-az-2005": "az/mia", "kz-jo-2017": "jo/moi", "kz-tm-2024": "tm/mia"}
UNSTATED = {
    "grant_repurpose": "grants are not exchanged yet, so none is ever there",
    "recipient_level": "the level up to which the recipient may be told is an admin's record, not yet kept",
    "inspected_level": "stated by the inspection of content, where it is switched on",
    "compelled_disclosure": "a fact of a use, not of a message",
    "channel_agreed": "only what is on this node's record (settings)",
}
"""Facts that a message does not have; a rule that needs one denies, or does not apply, and says so."""
WHERE = {
    "conditions_accepted": "only where conditions were offered and answered",
    "execute_despite_disclosure": "only after a question about confidentiality",
    "purpose_same": "only of what is passed on",
    "refusal_ground": "only of a refusal",
    "refusal_reason_given": "only of a refusal or a part",
    "deferral_ground": "only of a deferral",
    "oral_age_s": "only of what is or confirms something oral",
    "urgency_reason": "only of what is or confirms something oral",
    "in_reply_to_known": "only of an answer",
    "reply_agreement_same": "only of an answer",
    "sender_state_language": "only where the party has a state language of its own",
    "recipient_state_language": "only where the party has a state language of its own",
}
"""Facts that only some messages have; the messages below have them where they can."""


def body_of(kind: str, now: int) -> Body:
    """A body that states all that its kind may state."""
    made = instants.write(now - 3_600_000)
    full: dict[str, Any] = {
        "request": {"elements": drafts.ELEMENTS, "oral": Oral(made, "prevent_crime")},
        "information": {"text": "Сообщаем.", "oral": Oral(made, "prevent_crime")},
        "obstacle_notice": {
            "obstacle": Obstacle("Причина.", deferral=True, deferral_ground="impedes_proceedings"),
            "conditions": Conditions(["Условие."]),
        },
        "competence_notice": {"competence": Competence(transferred=False, authority="kz/gpo")},
        "conditions_answer": {"conditions": Conditions(accepted=True)},
        "confidentiality_answer": {"execute_despite_disclosure": True},
        "authenticity_answer": {"authentic": True},
        "refusal": {"refusal": Refusal("security", "Причина.", consultation="held")},
        "result": {
            "text": "Исполнено.",
            "partial": True,
            "law_applied": "Закон.",
            "refusal": Refusal(None, None, partial=True, consultation="held"),
        },
        "amendment_notice": {"amendment": Amendment("kz/mia", "renamed", {"ru": "Имя"}, "2026-01-01")},
        "use_report": {"use_report": UseReport("Использовано.", "Раскрыто.")},
        "data_correction": {"correction": Correction("correct", "wrong", ["Запись."])},
        "data_destruction": {"destruction": Destruction("not_needed", ["Запись."])},
        "disclosure_notice": {"disclosure": Disclosure("Суду.", "Закон.")},
    }
    return Body(**{"text": "Текст.", "reason": "Причина."} | full.get(kind, {}))


def manifest_of(village: Village, agreement: str, kind: str, source: Source) -> Manifest:
    made = decode_manifest(prepare(village.node("kz/mia"), CLIENT, drafts.request()).manifest)
    recipient = "kz/gpo" if kind == "transfer" else OTHER.get(agreement, "ru/mia")
    return msgspec.structs.replace(
        made,
        kind=kind,
        agreement=agreement,
        recipients=[recipient],
        in_reply_to=None if kind in OPENING_KINDS else made.id,
        personal_data=PersonalData("Цель.", "Условия.", instants.write(village.clock.now)),
        sources=[source],
    )


def position_of(manifest: Manifest, now: int) -> CasePosition:
    if manifest.kind == "transfer":
        return CasePosition(
            None, "requester", allowed=True, reply_known=False, carried=Carried(manifest, asked=True)
        )
    if manifest.in_reply_to is None:
        return CasePosition(None, "requester", allowed=True, reply_known=False)
    other = manifest.recipients[0]
    case = CaseRow(
        case_id=manifest.case,
        counterpart=other,
        agreement=manifest.agreement,
        requester=other,
        executor=manifest.sender,
        state="acknowledged",
        version=1,
        opened_ms=now,
        updated_ms=now,
    )
    answered = CaseEventRow(
        case_id=manifest.case,
        counterpart=other,
        version=1,
        authority=other,
        message_id=str(manifest.in_reply_to),
        kind="request",
        role="requester",
        state="requested",
        at_ms=now,
    )
    memory = Memory(conditions="accepted", privacy="execute")
    return CasePosition(case, "executor", allowed=True, reply_known=True, memory=memory, answered=answered)


@pytest.fixture
def held(region: Village) -> Source:
    """A message of Azerbaijan that Kazakhstan holds."""
    in_force(region, "kz-az-2005", "kz/mia", "az/mia", confirms=COMPARED)
    given = drafts.request(
        agreement="kz-az-2005",
        recipients=["kz/mia"],
        subject=["narcotics"],
        form="drug_crime_information",
    )
    sent = region.exchanged("az/mia", given)
    return Source("az/mia", "kz-az-2005", sent.message, sent.digest)


def test_every_fact_that_a_pack_reads_is_stated_or_listed_with_the_reason(
    region: Village, held: Source
) -> None:
    missing: dict[str, set[str]] = {}
    stated: set[str] = set()
    for agreement in PACKS.agreements:
        for kind in get_args(Kind):
            manifest = manifest_of(region, agreement, kind, held)
            verified = Verified(manifest, body_of(kind, region.clock.now), "digest", "head")
            where = position_of(manifest, region.clock.now)
            acts = ("transfer_request",) if kind == "transfer" else ("send", "receive")
            for act in acts:
                facts = message_facts(
                    region.node("kz/mia"), act, verified, manifest.recipients[0], where, region.clock.now
                )
                stated |= facts.keys()
                for one in _absent(PACKS.reads(agreement, act, kind), facts):
                    missing.setdefault(one, set()).add(f"{agreement} {act} {kind}")
    assert missing == {}
    assert WHERE.keys() - stated == set()  # what some messages have, some message here has


def _absent(reads: tuple[str, ...], facts: dict[str, Any]) -> set[str]:
    [source] = facts["sources"]
    stated = {*facts, *(f"source.{name}" for name in source)}
    lacking = set(reads) - stated - UNSTATED.keys()
    return lacking - WHERE.keys()
