"""The closed catalogue of facts: everything a decision may rest on, and nothing else.

A fact is verified by whoever supplies it (signatures checked, lists looked up, grants verified). A fact
that is absent is *unknown*, which denies wherever a rule needs it; `null` is refused, so that
"unknown" has one spelling. `sources` describes each piece of received information the message carries;
a request that is itself passed on (`transfer_request`) is not one.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from policies.errors import FactsError

Act = Literal["send", "receive", "collect", "use", "change_level", "onward", "transfer_request"]
Kind = Literal[
    "request",
    "information",
    "acknowledgement",
    "authenticity_query",
    "authenticity_answer",
    "clarification_query",
    "clarification_answer",
    "obstacle_notice",
    "competence_notice",
    "transfer_order",
    "transfer",
    "conditions_answer",
    "consultation",
    "confidentiality_query",
    "confidentiality_answer",
    "refusal",
    "result",
    "withdrawal",
    "closure",
    "amendment_notice",
    "use_report_query",
    "use_report",
    "data_correction",
    "data_destruction",
    "disclosure_notice",
]
KINDS: tuple[str, ...] = get_args(Kind)
"""Every kind of message, in the order in which they were agreed; new ones are appended."""
Level = Literal["open", "restricted", "confidential", "state_secret"]
Role = Literal[
    "none", "coordination_unit", "depositary", "secretariat", "consultation_body", "diplomatic_channel"
]
LEVELS: tuple[str, ...] = get_args(Level)
"""Levels from the least to the most protected; ordering operators follow this order."""

FactValue: TypeAlias = bool | int | str | list[str] | list[dict[str, Any]]
"""What a fact may hold; `sources` is the one list of objects."""


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """One piece of received information that the message carries or derives from."""

    originator: Annotated[str, Meta(description="authority that gave the information first")]
    agreement: Annotated[str, Meta(description="agreement under which it was given")]
    grant_verified: Annotated[
        bool | UnsetType,
        Meta(description="a grant signed by the originator itself covers this transfer and is not revoked"),
    ] = UNSET
    grant_prior: Annotated[bool | UnsetType, Meta(description="that grant was given before the transfer")] = (
        UNSET
    )
    recipient_is_originator: Annotated[
        bool | UnsetType, Meta(description="the information goes back to the authority that gave it")
    ] = UNSET
    beneficiary_matches: Annotated[
        bool | UnsetType, Meta(description="the grant names this very recipient (a grant never goes further)")
    ] = UNSET
    same_state: Annotated[
        bool | UnsetType, Meta(description="recipient and holder are bodies of one state")
    ] = UNSET
    personal_data: Annotated[
        bool | UnsetType, Meta(description="it holds personal data; demanded by kz-az-2005/8(3) and 8(6)")
    ] = UNSET
    agreement_ended: Annotated[
        bool | UnsetType, Meta(description="the agreement under which it was given has ended")
    ] = UNSET


def _said(description: str) -> Meta:
    return Meta(description=description)


class Facts(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every fact by name. All are optional here: which are needed follows from the rules that apply."""

    as_of: Annotated[str | UnsetType, _said("RFC 3339 time or civil date of the act; copied")] = UNSET
    act: Annotated[Act | UnsetType, _said("what is about to be done")] = UNSET
    kind: Annotated[Kind | UnsetType, _said("kind of the message")] = UNSET
    agreement: Annotated[str | UnsetType, _said("agreement id the message names as its basis")] = UNSET
    agreement_in_force: Annotated[
        bool | UnsetType, _said("in force for both parties on the civil date of the act (policies.status)")
    ] = UNSET
    agreement_status: Annotated[
        Literal["in_force", "not_in_force", "ended"] | UnsetType,
        _said("`ended` once it was in force and is no longer, `not_in_force` if it never was by this day"),
    ] = UNSET
    started_in_force: Annotated[
        bool | UnsetType,
        _said("the case was opened while the agreement was in force; false for a message that opens one"),
    ] = UNSET
    agreement_replaced: Annotated[
        bool | UnsetType, _said("the message cites an instrument that the agreement replaced")
    ] = UNSET

    sender: Annotated[str | UnsetType, _said("authority id")] = UNSET
    sender_state: Annotated[str | UnsetType, _said("ISO 3166 alpha-2")] = UNSET
    recipient: Annotated[str | UnsetType, _said("authority id")] = UNSET
    recipient_state: Annotated[str | UnsetType, _said("ISO 3166 alpha-2")] = UNSET
    sender_listed: Annotated[
        bool | UnsetType, _said("competent authority under the agreement as of the date of this act")
    ] = UNSET
    recipient_listed: Annotated[
        bool | UnsetType, _said("competent authority under the agreement as of the date of this act")
    ] = UNSET
    sender_role: Annotated[
        Role | UnsetType, _said("part that the address book gives the sender under the agreement")
    ] = UNSET
    recipient_role: Annotated[
        Role | UnsetType, _said("part that the address book gives the recipient under the agreement")
    ] = UNSET
    parties_match: Annotated[
        bool | UnsetType, _said("sender and recipient belong to two different parties of the agreement")
    ] = UNSET
    multiple_recipients: Annotated[
        Annotated[int, Meta(ge=1)] | UnsetType,
        Meta(description="number of recipients of the message; each is decided alone"),
    ] = UNSET

    subject: Annotated[
        str | list[str] | UnsetType, _said("subject code or codes of the pack's catalogue")
    ] = UNSET
    subject_reason_given: Annotated[
        bool | UnsetType, _said("a reason is given for a subject outside the list")
    ] = UNSET
    subject_agreed: Annotated[
        bool | UnsetType, _said("the parties' agreement on this further subject is on record")
    ] = UNSET
    form: Annotated[str | UnsetType, _said("code of the form of cooperation")] = UNSET
    form_agreed: Annotated[
        bool | UnsetType, _said("the parties' agreement on this further form is on record")
    ] = UNSET
    matter_excluded: Annotated[
        Literal["none", "extradition", "legal_assistance", "sanctioned_measure"] | UnsetType,
        _said("matter of another channel that the message was found to concern"),
    ] = UNSET

    elements: Annotated[
        list[str] | UnsetType, _said("names of the elements the request holds (catalogue `elements`)")
    ] = UNSET
    requested_authority_known: Annotated[
        bool | UnsetType,
        _said("the requester knows the authority it asks; else the coordination unit routes"),
    ] = UNSET
    official_signature: Annotated[
        Literal["head", "deputy", "none"] | UnsetType, _said("verified official's signature, by office")
    ] = UNSET
    seal: Annotated[
        bool | UnsetType, _said("authority seal verified (before sealing: this node is about to seal)")
    ] = UNSET
    oral: Annotated[
        bool | UnsetType, _said("the message records a request, or information, that was given orally")
    ] = UNSET
    oral_confirms: Annotated[
        bool | UnsetType, _said("the message confirms an earlier oral request in writing")
    ] = UNSET
    oral_age_s: Annotated[
        Annotated[int, Meta(ge=0)] | UnsetType,
        Meta(description="seconds from the oral request to this confirmation"),
    ] = UNSET
    oral_unconfirmed: Annotated[
        bool | UnsetType, _said("the request answered here was oral and is still not confirmed in writing")
    ] = UNSET
    urgency_reason: Annotated[
        str | UnsetType, _said("code of why an oral request could not wait (catalogue `urgency_reasons`)")
    ] = UNSET

    languages: Annotated[
        list[str] | UnsetType, _said("ISO 639 codes of the parts that are not themselves translations")
    ] = UNSET
    translation_languages: Annotated[
        list[str] | UnsetType,
        _said("languages in which every such part can be read: written in it, or translated into it"),
    ] = UNSET
    sender_state_language: Annotated[str | UnsetType, _said("ISO 639 code of the state language")] = UNSET
    recipient_state_language: Annotated[str | UnsetType, _said("ISO 639 code of the state language")] = UNSET
    language_agreed: Annotated[
        bool | UnsetType, _said("the authorities' agreement on other languages is on record")
    ] = UNSET
    channel_agreed: Annotated[
        bool | UnsetType, _said("this gateway is on record as an agreed channel; not demanded when absent")
    ] = UNSET

    channel: Annotated[
        Literal["direct", "diplomatic", "agreed"] | UnsetType,
        _said("channel that the message goes through or, for a notice, that it supports"),
    ] = UNSET

    level: Annotated[Level | UnsetType, _said("level in the signed manifest")] = UNSET
    inspected_level: Annotated[
        Level | UnsetType, _said("highest level found by inspecting the content; not demanded when absent")
    ] = UNSET
    level_set_by_originator: Annotated[
        bool | UnsetType, _said("the manifest's level is the one set by the information's originator")
    ] = UNSET
    level_changed: Annotated[
        Literal["none", "raised", "lowered"] | UnsetType,
        _said("how the level differs from the originator's; `none` for a message's first level"),
    ] = UNSET
    changed_by_originator: Annotated[bool | UnsetType, _said("the change was made by the originator")] = UNSET
    recipient_level: Annotated[
        Level | UnsetType, _said("level that a holder declares under its own law; not demanded when absent")
    ] = UNSET
    clearance: Annotated[Level | UnsetType, _said("highest level the collecting client may see")] = UNSET
    caveats: Annotated[list[str] | UnsetType, _said("handling caveats of the manifest")] = UNSET
    caveats_met: Annotated[
        bool | UnsetType, _said("the collecting client satisfies every handling caveat")
    ] = UNSET

    purpose: Annotated[str | UnsetType, _said("purpose code or text; recorded")] = UNSET
    purpose_declared: Annotated[bool | UnsetType, _said("the manifest states a purpose")] = UNSET
    purpose_same: Annotated[
        bool | UnsetType, _said("this act serves the purpose that was fixed at sending")
    ] = UNSET
    grant_repurpose: Annotated[
        bool | UnsetType, _said("a verified grant of every originator allows this other purpose")
    ] = UNSET

    onward: Annotated[
        bool | UnsetType, _said("carries information whose originator is neither sender nor this recipient")
    ] = UNSET
    sources: Annotated[
        list[Source] | UnsetType, _said("received information carried or derived from; [] when there is none")
    ] = UNSET

    refusal_ground: Annotated[
        str | UnsetType, _said("code of the ground of refusal (catalogue `refusal_grounds`)")
    ] = UNSET
    refusal_reason_given: Annotated[bool | UnsetType, _said("the reasons are stated")] = UNSET
    refusal_written: Annotated[bool | UnsetType, _said("the refusal is in writing")] = UNSET
    partial: Annotated[bool | UnsetType, _said("the request is executed, or refused, only in part")] = UNSET
    consultation_held: Annotated[
        bool | UnsetType, _said("requester was consulted on conditions before refusal or deferral")
    ] = UNSET
    consultation_impossible_reason: Annotated[
        bool | UnsetType, _said("why consultation was not possible is on record")
    ] = UNSET
    conditions_accepted: Annotated[
        bool | UnsetType, _said("requester accepted conditions; not demanded when absent")
    ] = UNSET
    deferral: Annotated[bool | UnsetType, _said("the notice postpones execution")] = UNSET
    deferral_ground: Annotated[
        str | UnsetType, _said("code of the ground (catalogue `deferral_grounds`)")
    ] = UNSET

    conditions_offered: Annotated[
        bool | UnsetType, _said("conditions are offered with a deferral or in a consultation")
    ] = UNSET
    law_applied_stated: Annotated[
        bool | UnsetType, _said("the result states the law under which the request was executed")
    ] = UNSET
    attendance: Annotated[
        Literal["none", "permitted", "declined"] | UnsetType,
        _said("answer to the requester's wish that its staff attend the execution"),
    ] = UNSET
    mutual_agreement_recorded: Annotated[
        bool | UnsetType,
        _said("both authorities' agreement on a measure that needs it, as controlled delivery, is on record"),
    ] = UNSET
    reason_given: Annotated[
        bool | UnsetType,
        _said("the notice, query, withdrawal or data message states its reason (a refusal has its own fact)"),
    ] = UNSET

    in_reply_to_known: Annotated[
        bool | UnsetType, _said("the message answered is known to this gateway and to this case")
    ] = UNSET
    reply_agreement_same: Annotated[
        bool | UnsetType, _said("the reply names the agreement of the message it answers")
    ] = UNSET
    case_role: Annotated[
        Literal["requester", "executor"] | UnsetType, _said("role of the *sender* of the message in the case")
    ] = UNSET
    case_transition_allowed: Annotated[
        bool | UnsetType, _said("the case's state admits a message of this kind")
    ] = UNSET
    transfer_asked: Annotated[
        bool | UnsetType, _said("the requester asked that its request be passed to the competent authority")
    ] = UNSET
    transferred: Annotated[
        bool | UnsetType, _said("the notice says that the request was passed to the competent authority")
    ] = UNSET
    transfer_recipient_listed: Annotated[
        bool | UnsetType,
        _said("the authority named or addressed is a listed one of the executor's own state"),
    ] = UNSET
    query_role_of_giver: Annotated[
        bool | UnsetType, _said("the sender gave the information that the query or correction is about")
    ] = UNSET

    personal_data: Annotated[bool | UnsetType, _said("holds personal data; not demanded when absent")] = UNSET
    personal_data_purpose: Annotated[
        bool | UnsetType, _said("the giver set the purposes of the personal data")
    ] = UNSET
    personal_data_conditions: Annotated[
        bool | UnsetType, _said("the giver set the conditions under which the personal data may be used")
    ] = UNSET
    deletion_deadline_set: Annotated[
        bool | UnsetType, _said("the giver set the date by which the personal data is destroyed")
    ] = UNSET
    personal_data_checked: Annotated[
        bool | UnsetType,
        _said("the giver states that it checked accuracy, need and the restrictions of its own law"),
    ] = UNSET
    data_fault: Annotated[
        Literal["none", "wrong", "restricted"] | UnsetType,
        _said("what a data_correction says of the data: wrong, or restricted by the giver's law"),
    ] = UNSET
    destruction_ground: Annotated[
        str | UnsetType, _said("code of why data is destroyed (catalogue `destruction_grounds`)")
    ] = UNSET
    recipient_state_body: Annotated[
        bool | UnsetType, _said("the recipient is a body of a state, not a private person or organisation")
    ] = UNSET
    compelled_disclosure: Annotated[
        bool | UnsetType, _said("the holder's own law provides for this use or disclosure")
    ] = UNSET
    advance_notice_given: Annotated[bool | UnsetType, _said("the giver was notified of it in advance")] = (
        UNSET
    )
    confidentiality_of_request: Annotated[
        bool | UnsetType, _said("the requester asked to keep the request confidential")
    ] = UNSET
    confidentiality_can_be_kept: Annotated[
        bool | UnsetType, _said("the executor can execute without disclosing the request")
    ] = UNSET
    execute_despite_disclosure: Annotated[
        bool | UnsetType, _said("asked, the requester decided that the request be executed nevertheless")
    ] = UNSET


def check_facts(facts: Mapping[str, FactValue]) -> Facts:
    """Refuse facts outside the catalogue.

    Args:
        facts: fact name to value, in plain JSON types.

    Returns:
        The same facts as a frozen value.

    Raises:
        FactsError: a name is unknown or a value has the wrong type; it names the field.
    """
    try:
        return msgspec.convert(facts, Facts)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None


def _named(message: str) -> FactsError:
    problem, _, path = message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    unknown = "unknown field `"
    if unknown in problem:
        name = problem.partition(unknown)[2].rstrip("`")
        return FactsError(f"{field}.{name}" if field else name, "is not in the catalogue of facts")
    return FactsError(field or "(all)", problem)
