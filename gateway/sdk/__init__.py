"""The SDK for agency systems.

    from gateway.sdk import Body, Client, Draft

    with Client(Path("profile.toml")) as client:
        sent = client.send(draft, attachments=[Path("annex.pdf")], sign=Path("head.jwk"), wait_s=10)

`Client` blocks, `AsyncClient` is awaited; both repeat safely what may be repeated. It imports nothing else of
`gateway`.
"""

from gateway.sdk.answers import (
    Case,
    Collected,
    Decision,
    Evidence,
    InboxItem,
    InboxPage,
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

__all__ = [
    "Amendment",
    "AsyncClient",
    "Attachment",
    "Body",
    "Case",
    "Client",
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
    "load_profile",
    "official_signer",
]
