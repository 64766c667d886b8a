"""What this gateway verified about a message, as the closed facts a decision rests on (policies.facts)."""

from datetime import date

from msgspec import Struct

from gateway.exchange.body import Body
from gateway.exchange.case import Role
from gateway.exchange.manifest import NO_LANGUAGE, Manifest, Source
from gateway.exchange.node import Node
from gateway.ports.rows import CaseRow
from keys import instants
from keys.errors import CanonicalError
from policies.facts import FactValue
from policies.packs import Pack
from policies.parties import parties_match


class Verified(Struct, frozen=True):
    """A message whose signatures, digests and addresses were checked.

    Args:
        manifest, body: what it says.
        digest: the manifest's digest.
        official: office of the official whose signature verified, or None.
    """

    manifest: Manifest
    body: Body
    digest: str
    official: str | None


class CasePosition(Struct, frozen=True):
    """Where the message stands in its case.

    Args:
        case: the case as stored; None if the message opens it.
        role: role of the message's sender.
        allowed: the case admits this kind now.
        reply_known: the message it answers is one of this case.
    """

    case: CaseRow | None
    role: Role
    allowed: bool
    reply_known: bool


def message_facts(
    node: Node, act: str, verified: Verified, recipient: str, position: CasePosition, at_ms: int
) -> dict[str, FactValue]:
    """Facts about sending or receiving a message for one recipient, as of `at_ms` (Unix milliseconds).

    A fact that cannot be known is left out, and then denies where a rule needs it.
    """
    manifest, body = verified.manifest, verified.body
    facts: dict[str, FactValue] = {
        "as_of": instants.write(at_ms),
        "act": act,
        "kind": manifest.kind,
        "agreement": manifest.agreement,
        "seal": True,
        "official_signature": verified.official or "none",
        "multiple_recipients": len(manifest.recipients),
        "level": manifest.level,
        "level_set_by_originator": manifest.sender == manifest.originator,
        "level_changed": "none",
        "changed_by_originator": True,
        "caveats": manifest.caveats,
        "purpose_declared": manifest.purpose is not None,
        "matter_excluded": body.matter,
        "elements": sorted(body.elements),
        "case_role": position.role,
        "case_transition_allowed": position.allowed,
        "personal_data": manifest.personal_data is not None,
        "confidentiality_of_request": body.confidential,
        "partial": body.partial or (body.refusal is not None and body.refusal.partial),
    }
    if manifest.purpose is not None:
        facts["purpose"] = manifest.purpose
    _add_agreement(node, facts, verified, recipient, at_ms)
    _add_subject(facts, manifest)
    _add_request(facts, body, manifest)
    _add_reply(facts, manifest, position)
    _add_refusal(facts, body)
    _add_languages(node, facts, manifest)
    facts["sources"] = [_source(node, source, recipient) for source in manifest.sources]
    facts["onward"] = any(s.originator not in (manifest.sender, recipient) for s in manifest.sources)
    if facts["onward"]:
        _add_purpose_same(node, facts, manifest)
    return facts


def _add_agreement(
    node: Node, facts: dict[str, FactValue], verified: Verified, recipient: str, at_ms: int
) -> None:
    manifest = verified.manifest
    sender_state, recipient_state = state_of(manifest.sender), state_of(recipient)
    facts |= {
        "sender": manifest.sender,
        "sender_state": sender_state,
        "recipient": recipient,
        "recipient_state": recipient_state,
    }
    pack = node.agreements.pack(manifest.agreement)
    if pack is None or pack.in_force is None:
        return
    on_date = node.agreements.civil_date(pack, at_ms)
    facts |= {
        "agreement_in_force": node.agreements.in_force(pack, on_date),
        "parties_match": parties_match(pack, manifest.sender, sender_state, recipient, recipient_state),
        "sender_listed": _listed(node, manifest.sender, pack, on_date, at_ms),
        "recipient_listed": _listed(node, recipient, pack, on_date, at_ms),
        "agreement_replaced": not set(verified.body.cites).isdisjoint(pack.agreement.replaces),
        **_state_languages(pack, sender_state, recipient_state),
    }


def state_of(authority: str) -> str:
    """The state of an authority id, ISO 3166 alpha-2 (`kz/mia` is of KZ)."""
    return authority.partition("/")[0].upper()


def _listed(node: Node, authority: str, pack: Pack, on_date: date, at_ms: int) -> bool:
    listed = node.trust.current.authority(authority, at_ms)
    return listed is not None and listed.is_listed(pack.id, on_date)


def _state_languages(pack: Pack, sender_state: str, recipient_state: str) -> dict[str, FactValue]:
    languages = {party.state: party.languages[0] for party in pack.parties if party.languages}
    named = {"sender_state_language": sender_state, "recipient_state_language": recipient_state}
    return {name: languages[state] for name, state in named.items() if state in languages}


def _add_subject(facts: dict[str, FactValue], manifest: Manifest) -> None:
    if manifest.subject:
        facts["subject"] = manifest.subject
    if manifest.form is not None:
        facts["form"] = manifest.form
    facts["subject_reason_given"] = manifest.subject_reason is not None
    facts["subject_agreed"] = False
    facts["form_agreed"] = False


def _add_request(facts: dict[str, FactValue], body: Body, manifest: Manifest) -> None:
    facts["requested_authority_known"] = "requested_authority" in body.elements
    # A request that this gateway knows came in writing; an oral one is not on its record.
    facts["oral"] = facts["oral_unconfirmed"] = False
    facts["oral_confirms"] = body.oral is not None
    if body.oral is None:
        return
    facts["urgency_reason"] = body.oral.urgency
    try:
        age_ms = manifest.created_ms - instants.parse(body.oral.made)
    except CanonicalError:
        return
    if age_ms >= 0:
        facts["oral_age_s"] = -(-age_ms // 1000)


def _add_reply(facts: dict[str, FactValue], manifest: Manifest, position: CasePosition) -> None:
    if manifest.in_reply_to is None:
        return
    facts["in_reply_to_known"] = position.reply_known
    if position.case is not None:
        facts["reply_agreement_same"] = position.case.agreement == manifest.agreement


def _add_refusal(facts: dict[str, FactValue], body: Body) -> None:
    refusal, obstacle = body.refusal, body.obstacle
    consultation = None
    if refusal is not None:
        consultation = refusal.consultation
        facts["refusal_reason_given"] = refusal.reason is not None
        facts["refusal_written"] = True
        if refusal.ground is not None:
            facts["refusal_ground"] = refusal.ground
    if obstacle is not None:
        consultation = obstacle.consultation or consultation
        facts["deferral"] = obstacle.deferral
        if obstacle.deferral_ground is not None:
            facts["deferral_ground"] = obstacle.deferral_ground
    facts["consultation_held"] = consultation == "held"
    facts["consultation_impossible_reason"] = (
        consultation == "not_possible" and refusal is not None and refusal.consultation_note is not None
    )


def _add_languages(node: Node, facts: dict[str, FactValue], manifest: Manifest) -> None:
    if not manifest.languages:
        return
    stated = {entry.part: entry for entry in manifest.languages}
    readable: dict[int, set[str]] = {}
    for entry in manifest.languages:
        readable.setdefault(entry.translates or entry.part, set()).add(entry.language)
    originals = [e for e in stated.values() if e.translates is None and e.language != NO_LANGUAGE]
    facts["languages"] = sorted({entry.language for entry in originals})
    common = set.intersection(*(readable[entry.part] for entry in originals)) if originals else set()
    facts["translation_languages"] = sorted(common)
    section = node.settings.agreements.get(manifest.agreement)
    facts["language_agreed"] = section is not None and section.language_agreed


def _add_purpose_same(node: Node, facts: dict[str, FactValue], manifest: Manifest) -> None:
    """Whether all that is passed on was given for the purpose stated now; unknown if a source is not held."""
    if manifest.purpose is None:
        return
    same = [
        _given_for(node, source, manifest.purpose)
        for source in manifest.sources
        if source.originator != manifest.sender
    ]
    if False in same:
        facts["purpose_same"] = False
    elif None not in same:
        facts["purpose_same"] = True


def _given_for(node: Node, source: Source, purpose: str) -> bool | None:
    held = node.store.messages("in", source.originator, [source.message])
    if not held or held[0].manifest_digest != source.manifest or not held[0].purpose:
        return None
    return held[0].purpose == purpose


def _source(node: Node, source: Source, recipient: str) -> dict[str, object]:
    """A declared source. Grants are not exchanged yet, so none is ever verified here."""
    return {
        "originator": source.originator,
        "agreement": source.agreement,
        "grant_verified": False,
        "grant_prior": False,
        "recipient_is_originator": source.originator == recipient,
        "beneficiary_matches": False,
        "same_state": state_of(recipient) == state_of(node.authority),
    }
