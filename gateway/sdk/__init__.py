"""The SDK for agency systems.

    from gateway.sdk import Body, Client, Draft

    with Client(Path("profile.toml")) as client:
        sent = client.send(draft, attachments=[Path("annex.pdf")], sign=Path("head.jwk"), wait_s=10)

`Client` blocks, `AsyncClient` is awaited; both repeat safely what may be repeated. It imports nothing else of
`gateway`.
"""

from gateway.sdk.answers import (
    Case,
    Clock,
    Collected,
    Decision,
    Evidence,
    InboxItem,
    InboxPage,
    Moment,
    Notice,
    NoticePage,
    Prepared,
    Status,
    Submitted,
    Upload,
)
from gateway.sdk.async_client import AsyncClient
from gateway.sdk.client import Client
from gateway.sdk.draft import (
    Amendment,
    Attachment,
    Body,
    Competence,
    Conditions,
    Correction,
    Destruction,
    Disclosure,
    Draft,
    LocalFile,
    Obstacle,
    Oral,
    PersonalData,
    Refusal,
    Signatory,
    Source,
    UseReport,
)
from gateway.sdk.errors import (
    ProblemError,
    ProfileError,
    SdkError,
    TokenRefused,
    UnexpectedAnswer,
    Unreachable,
)
from gateway.sdk.profile import Profile, load_profile
from gateway.sdk.signing import official_signer
from keys.errors import OpenFailed as WebhookRefused
from keys.webhooks import WebhookSecret

__all__ = [
    "Amendment",
    "AsyncClient",
    "Attachment",
    "Body",
    "Case",
    "Client",
    "Clock",
    "Collected",
    "Competence",
    "Conditions",
    "Correction",
    "Decision",
    "Destruction",
    "Disclosure",
    "Draft",
    "Evidence",
    "InboxItem",
    "InboxPage",
    "LocalFile",
    "Moment",
    "Notice",
    "NoticePage",
    "Obstacle",
    "Oral",
    "PersonalData",
    "Prepared",
    "ProblemError",
    "Profile",
    "ProfileError",
    "Refusal",
    "SdkError",
    "Signatory",
    "Source",
    "Status",
    "Submitted",
    "TokenRefused",
    "UnexpectedAnswer",
    "Unreachable",
    "Upload",
    "UseReport",
    "WebhookRefused",
    "WebhookSecret",
    "load_profile",
    "official_signer",
]
