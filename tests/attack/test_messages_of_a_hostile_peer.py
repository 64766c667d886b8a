"""Well sealed, and still not to be taken: our own decision on all that a peer sends, and what it learns."""

from typing import Any

import pytest

from audit.events import Event
from gateway.exchange.body import Body
from gateway.exchange.frames import DeliverResult
from gateway.exchange.manifest import PartLanguage
from keys import instants
from tests.support import drafts
from tests.support.activating import activate_kz_tm
from tests.support.hostile import HOUR_MS, Hostile, Victim, leaf_of, remade, run, salted_body

CANARY = "canary-7f3c-never-kept"
EVIDENCE_FIELDS = {"authority", "message", "manifest", "recipient", "reason"}
DAY_MS = 24 * HOUR_MS


def reason_of(result: DeliverResult) -> str:
    """The reason in the one piece of evidence of a rejection, which says nothing else."""
    assert result.outcome == "rejected"
    (bundle,) = result.evidence
    leaf = leaf_of(bundle)
    assert leaf.event == Event.RELAY_REJECTION
    assert set(leaf.fields) == EVIDENCE_FIELDS
    return str(leaf.fields["reason"])


def times(victim: Victim, created_ms: int, expires_ms: int) -> dict[str, str]:
    now = victim.clock.now
    return {"created": instants.write(now + created_ms), "expires": instants.write(now + expires_ms)}


@pytest.mark.parametrize(
    ("created_ms", "expires_ms", "later_ms", "reason"),
    [
        (0, 1000, 1001, "expired"),
        (121_000, HOUR_MS, 0, "created_in_future"),
        (0, 14 * DAY_MS + 1, 0, "validity_too_long"),
    ],
)
def test_times_that_are_not_taken_end_in_a_coarse_reason(
    victim: Victim, peer: Hostile, created_ms: int, expires_ms: int, later_ms: int, reason: str
) -> None:
    frame = peer.request(CANARY, **times(victim, created_ms, expires_ms))
    victim.clock.now += later_ms
    (result,) = run(peer.deliver(frame))
    assert reason_of(result) == reason
    require_nothing_kept(victim, frame)


@pytest.mark.parametrize(("created_ms", "expires_ms"), [(0, 1), (120_000, HOUR_MS), (0, 14 * DAY_MS)])
def test_times_at_the_very_limits_are_taken(
    victim: Victim, peer: Hostile, created_ms: int, expires_ms: int
) -> None:
    (result,) = run(peer.deliver(peer.request(**times(victim, created_ms, expires_ms))))
    assert result.outcome == "accepted"


@pytest.mark.parametrize(
    "changes",
    [
        {"level": "state_secret"},
        {"form": "extradition"},
        {"purpose": None},
        {"agreement": "kz-tm-2024", "pack": "kz-tm-2024@1"},
        {"originator": "tm/mia"},
        {"signatory": None},
    ],
    ids=lambda changes: next(iter(changes)) + "-" + str(next(iter(changes.values())))[:12],
)
def test_a_denial_at_the_receiver_keeps_nothing_and_tells_little(
    victim: Victim, peer: Hostile, changes: dict[str, Any]
) -> None:
    body = salted_body(CANARY)
    manifest = peer.manifest(body, **changes)
    unsigned = {"official": None} if "signatory" in changes else {}
    frame = peer.envelope(manifest, [body], **unsigned)
    (result,) = run(peer.deliver(frame))
    assert reason_of(result) == "not_permitted"
    (refused,) = victim.logged(Event.MESSAGE_REFUSED)
    assert refused.fields["provisions"]
    require_nothing_kept(victim, frame)


def test_an_agreement_there_is_not_ends_the_message_and_not_the_frame(victim: Victim, peer: Hostile) -> None:
    frame = peer.request(CANARY, agreement="kz-xx-1999", pack="kz-xx-1999@1")
    results = run(peer.deliver(frame, peer.request()))
    assert [one.outcome for one in results] == ["rejected", "accepted"]


def require_nothing_kept(victim: Victim, frame: Any) -> None:
    victim.close()
    rest = victim.bytes_at_rest()
    victim.restart()
    assert CANARY.encode() not in rest
    for part in frame.parts:
        assert part not in rest
    assert frame.wrap not in rest
    assert not victim.node.store.inbox(0, 10)


def test_a_state_secret_is_refused_under_the_provision_for_it(victim: Victim, peer: Hostile) -> None:
    run(peer.deliver(peer.request(level="state_secret")))
    (refused,) = victim.logged(Event.MESSAGE_REFUSED)
    assert any("state-secret" in str(one) for one in refused.fields["provisions"])  # type: ignore[union-attr]


def test_an_older_pack_named_changes_no_rule_and_is_noted(victim: Victim, peer: Hostile) -> None:
    lawful, unlawful = (
        peer.request(pack="kz-ru-mvd-2008@0"),
        peer.request(pack="kz-ru-mvd-2008@0", level="state_secret"),
    )
    results = run(peer.deliver(lawful, unlawful))
    assert [one.outcome for one in results] == ["accepted", "rejected"]
    (noted,) = victim.logged(Event.PACK_MISMATCH)
    assert noted.fields["pack_named"] == "kz-ru-mvd-2008@0#unverified"
    reference = victim.node.agreements.reference("kz-ru-mvd-2008")
    assert str(noted.fields["pack"]).startswith(f"{reference}#")


def test_one_id_with_two_manifests_is_a_conflict(victim: Victim, peer: Hostile) -> None:
    body = salted_body()
    manifest = peer.manifest(body)
    other = remade(manifest, expires=instants.write(victim.clock.now + 2 * HOUR_MS))

    async def story() -> None:
        (first,) = await peer.deliver(peer.envelope(manifest, [body]))
        assert await peer.deliver(peer.envelope(other, [body])) == [DeliverResult("conflict", [])]
        assert await peer.deliver(peer.envelope(manifest, [body])) == [first]

    run(story())
    (conflict,) = victim.logged(Event.CONFLICT_DETECTED)
    assert conflict.fields["manifest"] != conflict.fields["offered"]
    assert len(victim.node.store.inbox(0, 10)) == 1


def test_one_id_with_two_manifests_in_one_frame_is_a_conflict(victim: Victim, peer: Hostile) -> None:
    body = salted_body()
    manifest = peer.manifest(body)
    other = remade(manifest, case=peer.new_id())
    results = run(peer.deliver(peer.envelope(manifest, [body]), peer.envelope(other, [body])))
    assert [one.outcome for one in results] == ["accepted", "conflict"]


def test_the_id_of_a_refused_message_can_be_used_lawfully(victim: Victim, peer: Hostile) -> None:
    """What was refused occupies nothing: neither id nor case."""
    body = salted_body()
    refused = peer.manifest(body, level="state_secret")

    async def story() -> None:
        assert (await peer.deliver(peer.envelope(refused, [body])))[0].outcome == "rejected"
        mended = remade(refused, level="restricted")
        assert (await peer.deliver(peer.envelope(mended, [body])))[0].outcome == "accepted"

    run(story())


def test_a_peer_cannot_occupy_anothers_message_id(victim: Victim, peer: Hostile, third: Hostile) -> None:
    run(activate_kz_tm(victim))
    body, taken = salted_body(), peer.new_id()

    async def story() -> None:
        assert (await third.deliver(_to_tm(third, id=taken)))[0].outcome == "accepted"
        frame = peer.envelope(peer.manifest(body, id=taken), [body])
        assert (await peer.deliver(frame))[0].outcome == "accepted"

    run(story())


def test_a_message_that_comes_again_after_it_expired_gets_the_stored_bytes(
    victim: Victim, peer: Hostile
) -> None:
    frame, refused = peer.request(), peer.request(level="state_secret")

    async def story() -> None:
        first = await peer.deliver(frame, refused)
        victim.clock.now += 2 * HOUR_MS
        victim.restart()
        assert await peer.deliver(frame, refused) == first

    run(story())
    assert len(victim.logged(Event.RELAY_ACCEPTANCE)) == 1
    assert len(victim.logged(Event.RELAY_REJECTION)) == 1


def _to_tm(third: Hostile, **changes: Any) -> Any:
    """A request under kz-tm-2024 with its Russian translation, lawful once that is in force."""
    more = {"certified_copy": "Attached.", "legal_text": "Attached."}
    body = salted_body(body=Body(elements=drafts.ELEMENTS | more))
    translation = bytes(16) + b"%PDF-1.7"
    fields = {
        "agreement": "kz-tm-2024",
        "pack": third.victim.node.agreements.reference("kz-tm-2024"),
        "form": "request_execution",
        "subject": ["narcotics"],
        "languages": [PartLanguage(1, "tk", None), PartLanguage(2, "ru", 1)],
    }
    return third.envelope(third.manifest(body, (translation,), **(fields | changes)), [body, translation])


def _result(of: Hostile, case: str, answered: str) -> Any:
    body = salted_body(body=Body(text="Result.", law_applied="National law."))
    manifest = of.manifest(
        body,
        kind="result",
        case=case,
        in_reply_to=answered,
        agreement="kz-tm-2024",
        pack=of.victim.node.agreements.reference("kz-tm-2024"),
        subject=[],
        form=None,
        signatory=None,
    )
    return of.envelope(manifest, [body], official=None)


def test_a_foreign_case_that_was_guessed_answers_like_one_there_is_not(
    victim: Victim, peer: Hostile, third: Hostile
) -> None:
    run(activate_kz_tm(victim))
    body = salted_body()
    manifest = peer.manifest(body)

    async def story() -> list[tuple[str, int, int, str]]:
        assert (await peer.deliver(peer.envelope(manifest, [body])))[0].outcome == "accepted"
        seen = []
        for case, answered in ((manifest.case, manifest.id), (peer.new_id(), peer.new_id())):
            before = len(victim.leaves())
            (result,) = await third.deliver(_result(third, case, answered))
            grown = len(victim.leaves()) - before
            seen.append((reason_of(result), grown, len(result.evidence[0]) // 64, result.outcome))
        return seen

    guessed, invented = run(story())
    assert guessed == invented
    refusals = [sorted(leaf.fields["provisions"]) for leaf in victim.logged(Event.MESSAGE_REFUSED)]  # type: ignore[arg-type]
    assert refusals[0] == refusals[1]
    assert refusals[0]


def test_a_case_id_of_others_opens_a_case_of_ones_own(victim: Victim, peer: Hostile, third: Hostile) -> None:
    run(activate_kz_tm(victim))
    body = salted_body()
    manifest = peer.manifest(body)

    async def story() -> None:
        assert (await peer.deliver(peer.envelope(manifest, [body])))[0].outcome == "accepted"
        taken = await third.deliver(_to_tm(third, case=manifest.case))
        fresh = await third.deliver(_to_tm(third))
        assert [taken[0].outcome, fresh[0].outcome] == ["accepted", "accepted"]

    run(story())
    store = victim.node.store
    assert store.case(manifest.case, "ru/mia").requester == "ru/mia"
    assert store.case(manifest.case, "tm/mia").requester == "tm/mia"


def test_a_second_request_in_an_open_case_is_refused_and_harms_no_neighbour(
    victim: Victim, peer: Hostile
) -> None:
    body = salted_body()
    first = peer.manifest(body)
    again = [
        peer.manifest(body, case=first.case),
        peer.manifest(body, case=first.case, in_reply_to=first.id),
        peer.manifest(body, case=first.case, kind="information", in_reply_to=first.id),
    ]
    frames = [peer.envelope(one, [body]) for one in (first, *again)]
    results = run(peer.deliver(*frames, peer.request()))
    assert [one.outcome for one in results] == ["accepted", *["rejected"] * 3, "accepted"]
    assert {reason_of(one) for one in results[1:4]} == {"not_permitted"}
    assert victim.node.store.case(first.case, "ru/mia").state == "requested"


@pytest.mark.parametrize(
    "odd", ["abcdefab-abcd-abcd-abcd-abcdefabcdef", "00000000-0000-0000-0000-000000000000"]
)
@pytest.mark.parametrize("member", ["id", "case"])
def test_an_odd_id_is_answered_and_so_is_its_neighbour(
    victim: Victim, peer: Hostile, member: str, odd: str
) -> None:
    results = run(peer.deliver(peer.request(**{member: odd}), peer.request()))
    assert results[0].outcome in ("accepted", "unprocessable")
    assert results[1].outcome == "accepted"
    assert len(victim.node.store.inbox(0, 10)) == [one.outcome for one in results].count("accepted")
