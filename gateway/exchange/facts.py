"""What this gateway verified about a message, as the closed facts a decision rests on (policies.facts)."""

from contextlib import suppress
from datetime import date

from gateway.errors import NotFound
from gateway.exchange.body import Body
from gateway.exchange.case_facts import case_facts
from gateway.exchange.collect import open_stored
from gateway.exchange.manifest import NO_LANGUAGE, Manifest, Source
from gateway.exchange.node import Node
from gateway.exchange.verified import CasePosition, Verified
from gateway.settings import AgreementSection
from keys import instants
from keys.trust_entries import Authority
from policies.facts import FactValue
from policies.packs import Pack
from policies.parties import parties_match

_NOTHING_AGREED = AgreementSection()


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
        "channel": body.channel,
    }
    if manifest.purpose is not None:
        facts["purpose"] = manifest.purpose
    _add_agreement(node, facts, verified, recipient, position, at_ms)
    _add_on_record(node, facts, manifest)
    _add_personal_data(facts, manifest, body)
    _add_languages(facts, manifest)
    facts["sources"] = [_source(node, source, recipient, at_ms) for source in manifest.sources]
    facts["onward"] = any(s.originator not in (manifest.sender, recipient) for s in manifest.sources)
    if facts["onward"]:
        _add_purpose_same(node, facts, manifest)
    return facts | case_facts(verified, position)


def _add_agreement(
    node: Node,
    facts: dict[str, FactValue],
    verified: Verified,
    recipient: str,
    position: CasePosition,
    at_ms: int,
) -> None:
    manifest = verified.manifest
    sender_state, recipient_state = state_of(manifest.sender), state_of(recipient)
    facts |= {
        "sender": manifest.sender,
        "sender_state": sender_state,
        "recipient": recipient,
        "recipient_state": recipient_state,
    }
    addressed = node.trust.current.authority(recipient, at_ms)
    facts["recipient_state_body"] = addressed is not None  # a state's signed list names its bodies only
    pack = node.agreements.pack(manifest.agreement)
    if pack is None or pack.in_force is None:
        return
    on_date = node.agreements.civil_date(pack, at_ms)
    pair = _pair(position, manifest.sender, recipient)
    facts |= node.agreements.binds(pack, on_date, *pair).facts()
    facts |= {
        "started_in_force": node.agreements.began_in_force(pack, *pair, position.case),
        "parties_match": parties_match(pack, manifest.sender, sender_state, recipient, recipient_state),
        "sender_listed": _listed(node, node.trust.current.authority(manifest.sender, at_ms), pack, on_date),
        "recipient_listed": _listed(node, addressed, pack, on_date),
        "sender_role": node.agreements.role(pack, manifest.sender),
        "recipient_role": node.agreements.role(pack, recipient),
        "agreement_replaced": not set(verified.body.cites).isdisjoint(pack.agreement.replaces),
        **_state_languages(pack, sender_state, recipient_state),
    }
    transferee = _transferee(verified, recipient)
    if transferee is not None:
        listed = _listed(node, node.trust.current.authority(transferee, at_ms), pack, on_date)
        facts["transfer_recipient_listed"] = listed and state_of(transferee) == sender_state


def _pair(position: CasePosition, sender: str, recipient: str) -> tuple[str, str]:
    """Between whom the agreement must bind; a transfer stays within the state that was asked."""
    if position.carried is None:
        return sender, recipient
    return position.carried.request.sender, sender


def _transferee(verified: Verified, recipient: str) -> str | None:
    """Whom a request is, or was, passed on to, as the message says."""
    if verified.manifest.kind == "transfer":
        return recipient
    said = verified.body.competence
    return None if said is None else said.authority


def state_of(authority: str) -> str:
    """The state of an authority id, ISO 3166 alpha-2 (`kz/mia` is of KZ)."""
    return authority.partition("/")[0].upper()


def _listed(node: Node, listed: Authority | None, pack: Pack, on_date: date) -> bool:
    """Competent by the state's signed list, and by the agreement's own where it has one."""
    if listed is None or not listed.is_listed(pack.id, on_date):
        return False
    return node.agreements.names(pack, listed.id, on_date)


def _state_languages(pack: Pack, sender_state: str, recipient_state: str) -> dict[str, FactValue]:
    languages = {party.state: party.languages[0] for party in pack.parties if party.languages}
    named = {"sender_state_language": sender_state, "recipient_state_language": recipient_state}
    return {name: languages[state] for name, state in named.items() if state in languages}


def _add_on_record(node: Node, facts: dict[str, FactValue], manifest: Manifest) -> None:
    """Subject and form, and what this authority has on record about them with its counterpart."""
    record = node.settings.agreements.get(manifest.agreement) or _NOTHING_AGREED
    if manifest.subject:
        facts["subject"] = manifest.subject
    if manifest.form is not None:
        facts["form"] = manifest.form
    facts["subject_reason_given"] = manifest.subject_reason is not None
    facts["subject_agreed"] = bool(manifest.subject) and set(manifest.subject) <= set(record.subjects_agreed)
    facts["form_agreed"] = manifest.form in record.forms_agreed
    facts["mutual_agreement_recorded"] = manifest.form in record.measures_agreed
    facts["language_agreed"] = record.language_agreed
    if record.channel_agreed is not None:
        facts["channel_agreed"] = record.channel_agreed


def _add_personal_data(facts: dict[str, FactValue], manifest: Manifest, body: Body) -> None:
    data = manifest.personal_data
    facts |= {
        "personal_data": data is not None,
        "personal_data_purpose": data is not None and data.purpose is not None,
        "personal_data_conditions": data is not None and data.conditions is not None,
        "deletion_deadline_set": data is not None and data.delete_by is not None,
        "personal_data_checked": body.personal_data_checked,
    }


def _add_languages(facts: dict[str, FactValue], manifest: Manifest) -> None:
    stated = {entry.part: entry for entry in manifest.languages}
    readable: dict[int, set[str]] = {}
    for entry in manifest.languages:
        readable.setdefault(entry.translates or entry.part, set()).add(entry.language)
    originals = [e for e in stated.values() if e.translates is None and e.language != NO_LANGUAGE]
    facts["languages"] = sorted({entry.language for entry in originals})
    common = set.intersection(*(readable[entry.part] for entry in originals)) if originals else set()
    facts["translation_languages"] = sorted(common)


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


def _source(node: Node, source: Source, recipient: str, at_ms: int) -> dict[str, object]:
    """A declared source. Grants are not exchanged yet, so none is ever verified here."""
    return {
        "originator": source.originator,
        "agreement": source.agreement,
        "grant_verified": False,
        "grant_prior": False,
        "recipient_is_originator": source.originator == recipient,
        "beneficiary_matches": False,
        "same_state": state_of(recipient) == state_of(node.authority),
        **_given_under(node, source, at_ms),
    }


def _given_under(node: Node, source: Source, at_ms: int) -> dict[str, bool]:
    """What holds of a source by the agreement it came under, and by its own manifest where it is held."""
    facts: dict[str, bool] = {}
    pack = node.agreements.pack(source.agreement)
    if pack is not None and pack.in_force is not None:
        states = (state_of(source.originator), state_of(node.authority))
        status = node.agreements.status(pack, node.agreements.civil_date(pack, at_ms), states)
        facts["agreement_ended"] = status.status == "ended"
    for envelope in node.store.envelopes("in", source.originator, source.message):
        item = node.store.inbox_item(envelope.envelope_id)
        if item is not None and item.message.manifest_digest == source.manifest:
            with suppress(NotFound):
                facts["personal_data"] = open_stored(node, item)[1].personal_data is not None
    return facts
