"""Lawful facts as data: what a message of each agreement and kind states when nothing is wrong with it."""

from typing import Any

Facts = dict[str, Any]

SCO = "sco-2010"
KZ_AZ = "kz-az-2005"
KZ_JO = "kz-jo-2017"
KZ_RU = "kz-ru-mvd-2008"
KZ_TM = "kz-tm-2024"
AGREEMENTS = (SCO, KZ_AZ, KZ_JO, KZ_RU, KZ_TM)

OPENERS = ("request", "information", "consultation", "amendment_notice")
REQUESTERS = ("authenticity_answer", "conditions_answer", "confidentiality_answer", "withdrawal", "closure")
GIVERS = ("use_report_query", "data_correction")
HOLDERS = ("use_report", "data_destruction", "disclosure_notice")
EXECUTORS = (
    *("acknowledgement", "authenticity_query", "clarification_query", "obstacle_notice"),
    *("competence_notice", "confidentiality_query", "refusal", "result"),
)
REPLIES = (*EXECUTORS, "clarification_answer", *REQUESTERS, *GIVERS, *HOLDERS)
KINDS = (*OPENERS, *REPLIES)
"""Kinds that every agreement allows, be it by the baseline: all but `transfer` and `transfer_order`."""

KINDS_WITH_TEXT = (
    *("request", "information", "consultation", "amendment_notice", "authenticity_query"),
    *("authenticity_answer", "clarification_query", "clarification_answer", "obstacle_notice"),
    *("confidentiality_query", "refusal", "result", "use_report", "data_correction", "disclosure_notice"),
)
KINDS_WITH_OR_WITHOUT_TEXT = (
    *("competence_notice", "conditions_answer", "confidentiality_answer", "withdrawal", "closure"),
    *("use_report_query", "data_destruction"),
)

COMMON: Facts = {
    "act": "send",
    "kind": "request",
    "agreement_in_force": True,
    "agreement_status": "in_force",
    "started_in_force": False,
    "case_transition_allowed": True,
    "transfer_recipient_listed": True,
    "sender_role": "none",
    "recipient_role": "none",
    "recipient_state_body": True,
    "agreement_replaced": False,
    "sender": "kz/mia",
    "sender_state": "KZ",
    "sender_listed": True,
    "recipient_listed": True,
    "parties_match": True,
    "multiple_recipients": 1,
    "channel": "direct",
    "subject": "narcotics",
    "matter_excluded": "none",
    "mutual_agreement_recorded": False,
    "oral": False,
    "oral_confirms": False,
    "requested_authority_known": True,
    "official_signature": "head",
    "seal": True,
    "sender_state_language": "kk",
    "language_agreed": False,
    "level": "restricted",
    "level_set_by_originator": True,
    "level_changed": "none",
    "caveats": [],
    "purpose": "criminal-case",
    "purpose_declared": True,
    "personal_data": False,
    "onward": False,
    "sources": [],
    "confidentiality_of_request": False,
}
_IN_RUSSIAN: Facts = {"languages": ["ru"], "translation_languages": ["ru"]}
OF: dict[str, Facts] = {
    SCO: {
        "recipient": "uz/mia",
        "recipient_state": "UZ",
        "recipient_state_language": "uz",
        "form": "crime_and_person_information",
        **_IN_RUSSIAN,
        "elements": [
            *("requesting_authority", "requested_authority", "purpose", "grounds", "content"),
            "circumstances",
        ],
    },
    KZ_AZ: {
        "recipient": "az/mia",
        "recipient_state": "AZ",
        "recipient_state_language": "az",
        "form": "drug_crime_information",
        **_IN_RUSSIAN,
        "elements": [
            *("requesting_authority", "requested_authority", "grounds", "circumstances", "content"),
        ],
    },
    KZ_JO: {
        "recipient": "jo/moi",
        "recipient_state": "JO",
        "recipient_state_language": "ar",
        "form": "drug_person_information",
        "languages": ["en"],
        "translation_languages": ["en"],
        "elements": ["requesting_authority", "purpose", "grounds", "content"],
    },
    KZ_RU: {
        "recipient": "ru/mia",
        "recipient_state": "RU",
        "recipient_state_language": "ru",
        "form": "crime_and_person_information",
        **_IN_RUSSIAN,
        "elements": [
            *("requesting_authority", "requested_authority", "circumstances", "purpose", "grounds"),
            "content",
        ],
    },
    KZ_TM: {
        "recipient": "tm/mia",
        "recipient_state": "TM",
        "recipient_state_language": "tk",
        "form": "request_execution",
        "languages": ["kk"],
        "translation_languages": ["kk", "ru"],
        "elements": [
            *("requesting_authority", "requested_authority", "grounds", "circumstances", "content"),
            *("certified_copy", "legal_text"),
        ],
    },
}
REPLY: Facts = {
    "in_reply_to_known": True,
    "reply_agreement_same": True,
    "case_role": "executor",
    "started_in_force": True,
    "oral_unconfirmed": False,
    "partial": False,
}
OF_KIND: dict[str, Facts] = {
    **{kind: {"case_role": "requester"} for kind in ("clarification_answer", *REQUESTERS)},
    **{kind: {"case_role": "requester", "query_role_of_giver": True} for kind in GIVERS},
    **{kind: {"case_role": "executor", "query_role_of_giver": False} for kind in HOLDERS},
    "amendment_notice": {"channel": "diplomatic"},
    "acknowledgement": {"attendance": "none"},
    "authenticity_query": {"reason_given": True},
    "obstacle_notice": {"deferral": False, "reason_given": True, "conditions_offered": False},
    "competence_notice": {"transferred": False, "reason_given": True},
    "consultation": {"conditions_offered": False, "case_role": "executor"},
    "conditions_answer": {"case_role": "requester", "conditions_offered": True},
    "data_correction": {
        "case_role": "requester",
        "query_role_of_giver": True,
        "reason_given": True,
        "data_fault": "wrong",
    },
    "data_destruction": {
        "case_role": "executor",
        "query_role_of_giver": False,
        "destruction_ground": "not_needed",
    },
    "refusal": {
        "refusal_ground": "security",
        "refusal_reason_given": True,
        "refusal_written": True,
        "consultation_held": True,
    },
    "result": {"attendance": "none", "law_applied_stated": True},
    "transfer_order": {**REPLY, "case_role": "requester"},
}
PARTICULAR: dict[tuple[str, str], Facts] = {
    (SCO, "amendment_notice"): {
        "recipient": "xs/sco-secretariat",
        "recipient_role": "depositary",
        "recipient_listed": False,
        "parties_match": False,
    },
}
"""What one agreement asks of one kind beside the rest."""

TRANSFER: Facts = {
    "act": "transfer_request",
    "recipient_state": "KZ",
    "recipient": "kz/gpo",
    "parties_match": False,
    "purpose_same": True,
    "transfer_asked": True,
    "started_in_force": True,
}
PERSONAL: Facts = {
    "personal_data": True,
    "personal_data_purpose": True,
    "personal_data_conditions": True,
    "personal_data_checked": True,
    "deletion_deadline_set": True,
}
"""What a message with personal data states under kz-az-2005."""
