"""For all manifests: one manifest has one encoding, and no other bytes are taken for it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Invalid
from gateway.exchange.manifest import (
    BODY_MEDIA_TYPE,
    KINDS,
    Manifest,
    Part,
    PartLanguage,
    Signatory,
    Source,
    decode_manifest,
    encode_manifest,
    manifest_digest,
)
from keys import canonical, instants

START_MS = 1_800_000_000_000
DIGESTS = st.binary(min_size=32, max_size=32).map(lambda raw: manifest_digest(raw))
IDS = st.uuids().map(str)
LINES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
CODES = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,20}", fullmatch=True)
AUTHORITIES = st.sampled_from(["ru/mia", "tm/mia", "az/pg-1", "kg/x"])
OPTIONAL_LINES = st.none() | LINES


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Any manifest without contradictions."""
    count = draw(st.integers(1, 4))
    parts = [Part(1, BODY_MEDIA_TYPE, draw(st.integers(0, 1 << 40)), "body", None, draw(DIGESTS))]
    parts += [
        Part(position, "application/pdf", draw(st.integers(0, 99)), "annex", "a.pdf", draw(DIGESTS))
        for position in range(2, count + 1)
    ]
    created = START_MS + draw(st.integers(0, 10**9))
    kind = draw(st.sampled_from(KINDS))
    return Manifest(
        v=1,
        suite=1,
        id=draw(IDS),
        kind=kind,  # type: ignore[arg-type]
        case=draw(IDS),
        in_reply_to=draw(IDS if kind not in ("request", "information") else st.none() | IDS),
        agreement="kz-ru-mvd-2008",
        pack="kz-ru-mvd-2008@1",
        originator="kz/mia",
        sender="kz/mia",
        recipients=sorted(draw(st.sets(AUTHORITIES, min_size=1))),
        created=instants.write(created),
        expires=instants.write(created + draw(st.integers(1, 10**9))),
        subject=draw(st.lists(CODES, max_size=3)),
        subject_reason=draw(OPTIONAL_LINES),
        form=draw(st.none() | CODES),
        purpose=draw(OPTIONAL_LINES),
        level=draw(st.sampled_from(["open", "restricted", "confidential", "state_secret"])),
        marking=draw(OPTIONAL_LINES),
        caveats=draw(st.lists(CODES, max_size=3)),
        languages=[PartLanguage(position, "ru", None) for position in range(1, count + 1)],
        personal_data=None,
        parts=parts,
        sources=draw(
            st.lists(st.builds(Source, AUTHORITIES, st.just("kz-tm-2024"), IDS, DIGESTS), max_size=2)
        ),
        consents=draw(st.lists(IDS, max_size=2)),
        signatory=draw(st.none() | st.builds(Signatory, LINES, st.sampled_from(["head", "deputy"]))),
    )


@settings(max_examples=60, deadline=None)
@given(manifests())
def test_decoding_gives_back_what_was_encoded(manifest: Manifest) -> None:
    data = encode_manifest(manifest)
    assert decode_manifest(data) == manifest
    assert encode_manifest(decode_manifest(data)) == data


@settings(max_examples=80, deadline=None)
@given(manifests(), st.data())
def test_no_byte_can_be_changed_and_be_taken_for_the_same(manifest: Manifest, draws: Any) -> None:
    data = encode_manifest(manifest)
    place = draws.draw(st.integers(0, len(data) - 1))
    flip = draws.draw(st.integers(1, 255))
    changed = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
    try:
        read = decode_manifest(changed)
    except Invalid:
        return
    assert read != manifest
    assert manifest_digest(changed) != manifest_digest(data)


@settings(max_examples=60, deadline=None)
@given(manifests(), st.data())
def test_no_byte_can_be_left_out_or_added_and_be_taken_for_the_same(manifest: Manifest, draws: Any) -> None:
    data = encode_manifest(manifest)
    place = draws.draw(st.integers(0, len(data) - 1))
    added = draws.draw(st.binary(max_size=2))
    changed = data[:place] + added + data[place + (not added) :]
    try:
        read = decode_manifest(changed)
    except Invalid:
        return
    assert read != manifest


@settings(max_examples=40, deadline=None)
@given(manifests(), st.data())
def test_no_member_can_be_missing(manifest: Manifest, draws: Any) -> None:
    members = canonical.decode(encode_manifest(manifest))
    assert isinstance(members, dict)
    members.pop(draws.draw(st.sampled_from(sorted(members))))
    with pytest.raises(Invalid):
        decode_manifest(canonical.encode(members))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_invalid_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(Invalid):
        decode_manifest(data)
