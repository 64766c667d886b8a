"""Whether a draft says what a message sent earlier says.

A client that sends a draft has no manifest to repeat, so a retry is recognised by its content: the stored
manifest and body are opened and compared with the draft.
"""

import msgspec

from gateway.errors import Invalid, NotFound
from gateway.exchange.body import Body
from gateway.exchange.collect import open_stored
from gateway.exchange.handing_on import filled
from gateway.exchange.manifest import Manifest, PartLanguage
from gateway.exchange.node import Node
from gateway.exchange.prepare import Draft
from gateway.exchange.reading import Sent
from gateway.ports.store import InboxItem
from keys.errors import KeysError

_COPIED = (
    "kind",
    "agreement",
    "in_reply_to",
    "subject",
    "subject_reason",
    "form",
    "purpose",
    "level",
    "marking",
    "caveats",
    "personal_data",
    "sources",
    "signatory",
)


def same_message(node: Node, client: str, stored: Sent, draft: Draft) -> bool:
    """Whether preparing the draft would have given the stored message.

    A message whose content was destroyed is taken for another one: that is the safe side, since the client
    then learns that its key is used, and nothing is sent twice.
    """
    envelope = stored.envelopes[0]
    # What is at rest opens by the counterpart of its case: of a sent message that is the recipient.
    row = msgspec.structs.replace(stored.message, sender=envelope.peer)
    try:
        _, manifest, body = open_stored(node, InboxItem(0, row, envelope))
    except (NotFound, KeysError):
        return False
    try:
        said = filled(node, client, draft) if draft.kind == "transfer" else draft
    except Invalid:
        return False
    return _same_fields(said, manifest) and _same_content(node, client, said, manifest, body)


def _same_fields(draft: Draft, manifest: Manifest) -> bool:
    return (
        all(getattr(draft, name) == getattr(manifest, name) for name in _COPIED)
        and draft.case in (None, manifest.case)
        and sorted(set(draft.recipients)) == manifest.recipients
    )


def _same_content(node: Node, client: str, draft: Draft, manifest: Manifest, body: Body) -> bool:
    languages = [PartLanguage(1, draft.language, None)]
    attached = []
    for position, attachment in enumerate(draft.attachments, start=2):
        upload = node.store.upload(client, attachment.upload)
        languages.append(PartLanguage(position, attachment.language or draft.language, attachment.translates))
        attached.append((attachment.media_type, attachment.role, attachment.name, upload and upload.digest))
    parts = [(part.media_type, part.role, part.name, part.digest) for part in manifest.parts[1:]]
    return body == draft.body and manifest.languages == languages and attached == parts
