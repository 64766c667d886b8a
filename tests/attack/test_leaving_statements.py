"""Two admins record a notice of leaving, or a party's own date: nobody else, and none of them alone."""

import sqlite3
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from audit.events import Event
from gateway.errors import Conflict, Forbidden, Invalid
from gateway.exchange.activation import activate
from gateway.exchange.leaving import record_leaving
from gateway.exchange.standings import listed
from keys import canonical, instants
from keys.jwk import SigningKey, Usage
from keys.signatures import ADMIN_TYP, sign_statement
from tests.support.activating import statement
from tests.support.hostile import HOUR_MS, Victim, run

KZ_RU, KZ_AZ, SCO = "kz-ru-mvd-2008", "kz-az-2005", "sco-2010"
LATER = date(2040, 1, 1)


def leaving(victim: Victim, key: SigningKey, **changes: Any) -> str:
    """An admin's statement that a notice of leaving kz-ru-mvd-2008 was received."""
    fields = {
        "v": 1,
        "act": "withdraw-agreement",
        "node": victim.member.authority,
        "agreement": KZ_RU,
        "party": None,
        "received": "2026-01-31",
        "effective": None,
        "reference": "Note of the other ministry, 7",
        "issued": instants.write(victim.clock.now),
    }
    return sign_statement(key, ADMIN_TYP, canonical.encode(fields | changes))


def own_date(victim: Victim, key: SigningKey, state: str | None, **changes: Any) -> str:
    return statement(victim, key, **{"v": 2, "agreement": SCO, "party": state, "confirms": []} | changes)


def status(victim: Victim, agreement: str, on: date, states: tuple[str, str] | None = None) -> str:
    agreements = victim.node.agreements
    return str(agreements.status(agreements.pack(agreement), on, states).status)


def test_two_admins_end_an_agreement_six_months_after_receipt(victim: Victim) -> None:
    first, second = victim.member.admins
    proposed = run(record_leaving(victim.node, leaving(victim, first)))
    assert (proposed.state, proposed.until) == ("proposed", None)
    assert status(victim, KZ_RU, LATER) == "in_force"
    recorded = run(record_leaving(victim.node, leaving(victim, second)))
    assert (recorded.state, recorded.until) == ("recorded", "2026-07-31")
    for _ in range(2):
        assert status(victim, KZ_RU, date(2026, 7, 30)) == "in_force"
        assert status(victim, KZ_RU, date(2026, 7, 31)) == "ended"
        victim.restart()
    assert len(victim.logged(Event.AGREEMENT_WITHDRAWAL_PROPOSED)) == 1
    [told] = victim.logged(Event.AGREEMENT_WITHDRAWN)
    assert told.fields["from_date"] == "2026-01-31"
    assert len(told.fields["admins"]) == 2


def test_a_notice_cannot_propose_less_than_its_months(victim: Victim) -> None:
    for key in victim.member.admins:
        run(record_leaving(victim.node, leaving(victim, key, effective="2026-03-01")))
    assert status(victim, KZ_RU, date(2026, 7, 30)) == "in_force"
    assert status(victim, KZ_RU, date(2026, 7, 31)) == "ended"


def test_one_admin_twice_a_stranger_and_a_replay_end_nothing(victim: Victim) -> None:
    first, _ = victim.member.admins
    said = leaving(victim, first)
    run(record_leaving(victim.node, said))
    victim.clock.now += 1000
    for again in (said, leaving(victim, first)):
        with pytest.raises(Conflict):
            run(record_leaving(victim.node, again))
    with pytest.raises(Forbidden):
        run(record_leaving(victim.node, leaving(victim, SigningKey.generate(Usage.ADMIN))))
    with pytest.raises(Forbidden):
        run(record_leaving(victim.node, leaving(victim, victim.world["ru/mia"].admins[0])))
    assert status(victim, KZ_RU, LATER) == "in_force"


def test_a_stale_statement_is_refused(victim: Victim) -> None:
    said = leaving(victim, victim.member.admins[0])
    victim.clock.now += 25 * HOUR_MS
    with pytest.raises(Invalid):
        run(record_leaving(victim.node, said))


@pytest.mark.parametrize(
    "changes",
    [
        {"node": "ru/mia"},
        {"agreement": "kz-xx-1999"},
        {"agreement": SCO},
        {"agreement": SCO, "party": "XX"},
        {"party": "RU"},
        {"received": "2026-02-30"},
        {"received": "2999-01-01"},
        {"effective": "soon"},
        {"effective": "2026-02-30"},
        {"act": "activate-agreement"},
        {"v": 2},
        {"reference": ""},
        {"more": 1},
    ],
    ids=str,
)
def test_a_statement_about_something_else_is_refused(victim: Victim, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        run(record_leaving(victim.node, leaving(victim, victim.member.admins[0], **changes)))
    assert victim.node.store.withdrawals() == []


def test_a_statement_of_one_act_does_not_serve_for_the_other(victim: Victim) -> None:
    first, second = victim.member.admins
    with pytest.raises(Invalid):
        run(activate(victim.node, leaving(victim, first)))
    with pytest.raises(Invalid):
        run(record_leaving(victim.node, statement(victim, second)))


@pytest.mark.parametrize(
    "change", [{"received": "2026-01-30"}, {"reference": "x"}, {"effective": "2027-01-01"}]
)
def test_two_admins_who_say_different_things_end_nothing(victim: Victim, change: dict[str, Any]) -> None:
    first, second = victim.member.admins
    run(record_leaving(victim.node, leaving(victim, first)))
    assert run(record_leaving(victim.node, leaving(victim, second, **change))).state == "proposed"
    assert status(victim, KZ_RU, LATER) == "in_force"


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE withdrawal SET received = '2020-01-01'",
        "UPDATE withdrawal SET agreement = 'kz-tm-2024'",
        "UPDATE withdrawal SET reference = 'another'",
        "UPDATE withdrawal SET party = 'RU'",
        "UPDATE withdrawal SET admin = admin || 'x'",
        "UPDATE withdrawal SET statement = (SELECT min(statement) FROM withdrawal)",
    ],
)
def test_a_notice_changed_in_the_database_does_not_count(victim: Victim, tampering: str) -> None:
    for key in victim.member.admins:
        run(record_leaving(victim.node, leaving(victim, key)))
    victim.close()
    with closing(sqlite3.connect(victim.member.folder / "data" / "kelisim.db", isolation_level=None)) as rows:
        assert rows.execute(tampering).rowcount == 2
    victim.restart()
    assert status(victim, KZ_RU, LATER) == "in_force"


def test_under_a_multilateral_agreement_each_party_has_its_date_and_leaves_alone(victim: Victim) -> None:
    days = {
        "KZ": "2011-07-01",
        "RU": "2011-08-01",
        "CN": "2011-09-01",
        "TJ": "2011-10-01",
        "UZ": "2012-02-01",
    }
    for party, day in days.items():
        for key in victim.member.admins:
            result = run(activate(victim.node, own_date(victim, key, party, from_date=day)))
        assert (result.state, result.party) == ("active", party)
    assert status(victim, SCO, date(2011, 9, 30), ("KZ", "RU")) == "not_in_force"
    assert status(victim, SCO, date(2011, 10, 1), ("KZ", "RU")) == "in_force"
    assert status(victim, SCO, date(2012, 1, 31), ("KZ", "UZ")) == "not_in_force"
    assert status(victim, SCO, date(2012, 2, 1), ("KZ", "UZ")) == "in_force"
    assert status(victim, SCO, LATER, ("KZ", "KG")) == "not_in_force"
    for key in victim.member.admins:
        left = run(record_leaving(victim.node, leaving(victim, key, agreement=SCO, party="RU")))
    assert left.until == "2026-07-31"
    victim.restart()
    assert status(victim, SCO, date(2026, 7, 31), ("KZ", "RU")) == "ended"
    assert status(victim, SCO, LATER, ("KZ", "UZ")) == "in_force"
    found = {one.agreement: one for one in listed(victim.node.agreements, "kz/mia", 0, date(2026, 8, 1))}
    standings = {one.counterpart: one for one in found[SCO].standings}
    assert set(standings) == {"CN", "KG", "RU", "TJ", "UZ"}
    assert (standings["RU"].status, standings["RU"].until) == ("ended", "2026-07-31")
    assert standings["RU"].provision.startswith("sco-2010/13")
    assert standings["UZ"].since == "2012-02-01"


@pytest.mark.parametrize(
    "changes",
    [
        {"party": "XX"},
        {"party": "kz"},
        {"agreement": "kz-tm-2024", "party": "TM"},
        {"confirms": ["text_compared_with_draft"]},
        {"confirms": "all"},
        {"v": 1},
        {"v": 3},
    ],
    ids=str,
)
def test_a_wrong_partys_date_is_refused(victim: Victim, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        run(activate(victim.node, own_date(victim, victim.member.admins[0], "UZ", **changes)))


def test_a_draft_is_activated_only_if_both_say_that_the_signed_text_was_compared(victim: Victim) -> None:
    first, second = victim.member.admins
    with pytest.raises(Invalid, match="text_compared_with_draft"):
        run(activate(victim.node, statement(victim, first, agreement=KZ_AZ)))
    confirmed = {"agreement": KZ_AZ, "confirms": ["text_compared_with_draft"]}
    run(activate(victim.node, own_date(victim, first, None, **confirmed)))
    assert status(victim, KZ_AZ, LATER) == "not_in_force"
    assert run(activate(victim.node, own_date(victim, second, None, **confirmed))).state == "active"
    assert status(victim, KZ_AZ, LATER) == "in_force"


def test_an_old_statement_and_a_new_one_that_says_the_same_count_together(victim: Victim) -> None:
    first, second = victim.member.admins
    run(activate(victim.node, statement(victim, first)))
    new = own_date(victim, second, None, agreement="kz-tm-2024")
    assert run(activate(victim.node, new)).state == "active"
    assert status(victim, "kz-tm-2024", LATER) == "in_force"
