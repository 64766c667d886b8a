"""Two admins put an agreement in force: nobody else, not one of them twice, not one removed since."""

import sqlite3
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from audit.events import Event
from gateway.errors import Conflict, Forbidden, Invalid
from gateway.exchange.activation import activate
from gateway.settings import load_settings
from keys.jwk import SigningKey, Usage
from tests.support.activating import KZ_TM, statement
from tests.support.hostile import HOUR_MS, Victim, run


def in_force(victim: Victim) -> bool:
    agreements = victim.node.agreements
    return bool(agreements.in_force(agreements.pack(KZ_TM), date(2026, 6, 1)))


def test_two_admins_put_it_in_force(victim: Victim) -> None:
    first, second = victim.member.admins
    assert run(activate(victim.node, statement(victim, first))).state == "proposed"
    assert not in_force(victim)
    assert run(activate(victim.node, statement(victim, second))).state == "active"
    assert in_force(victim)
    victim.restart()
    assert in_force(victim)


def test_one_admin_twice_is_one_admin(victim: Victim) -> None:
    first, _ = victim.member.admins
    run(activate(victim.node, statement(victim, first)))
    victim.clock.now += 1000
    for again in (statement(victim, first), statement(victim, first)):
        with pytest.raises(Conflict):
            run(activate(victim.node, again))
    assert not in_force(victim)


def test_a_replayed_statement_is_refused(victim: Victim) -> None:
    said = statement(victim, victim.member.admins[0])
    run(activate(victim.node, said))
    with pytest.raises(Conflict):
        run(activate(victim.node, said))
    victim.restart()
    with pytest.raises(Conflict):
        run(activate(victim.node, said))
    assert not in_force(victim)
    assert len(victim.logged(Event.AGREEMENT_PROPOSED)) == 1


def test_a_stale_statement_is_refused(victim: Victim) -> None:
    said = statement(victim, victim.member.admins[0])
    victim.clock.now += 25 * HOUR_MS
    with pytest.raises(Invalid):
        run(activate(victim.node, said))


def test_a_strangers_statement_is_refused(victim: Victim) -> None:
    run(activate(victim.node, statement(victim, victim.member.admins[0])))
    with pytest.raises(Forbidden):
        run(activate(victim.node, statement(victim, SigningKey.generate(Usage.ADMIN))))
    assert not in_force(victim)


def test_a_statement_changed_after_it_was_signed_is_refused(victim: Victim) -> None:
    first, second = victim.member.admins
    run(activate(victim.node, statement(victim, first)))
    header, _, signature = statement(victim, second).split(".")
    _, other, _ = statement(victim, second, reference="Note of the depositary, 9").split(".")
    with pytest.raises(Forbidden):
        run(activate(victim.node, f"{header}.{other}.{signature}"))
    assert not in_force(victim)


def test_an_admin_of_another_node_is_a_stranger(victim: Victim) -> None:
    with pytest.raises(Forbidden):
        run(activate(victim.node, statement(victim, victim.world["ru/mia"].admins[0])))


@pytest.mark.parametrize(
    "changes",
    [
        {"node": "ru/mia"},
        {"agreement": "kz-ru-mvd-2008"},
        {"agreement": "kz-xx-1999"},
        {"from_date": "2025-02-30"},
        {"from_date": "2025-01-15\n"},
        {"act": "activate"},
        {"v": 2},
        {"reference": ""},
        {"more": 1},
    ],
    ids=str,
)
def test_a_statement_about_something_else_is_refused(victim: Victim, changes: dict[str, Any]) -> None:
    run(activate(victim.node, statement(victim, victim.member.admins[0])))
    with pytest.raises(Invalid):
        run(activate(victim.node, statement(victim, victim.member.admins[1], **changes)))
    assert not in_force(victim)


@pytest.mark.parametrize("change", [{"from_date": "2025-01-16"}, {"reference": "Note of the depositary, 2"}])
def test_two_admins_who_say_different_things_put_nothing_in_force(
    victim: Victim, change: dict[str, Any]
) -> None:
    first, second = victim.member.admins
    run(activate(victim.node, statement(victim, first)))
    assert run(activate(victim.node, statement(victim, second, **change))).state == "proposed"
    assert not in_force(victim)


def _remove_an_admin(victim: Victim, name: str) -> None:
    config = victim.member.folder / "kelisim.toml"
    text = config.read_text()
    section = f'[admins.{name}]\nkey = "admins/{name}.jwk"\n'
    assert section in text
    config.write_text(text.replace(section, ""))
    assert name not in load_settings(victim.member.folder).admins


def test_a_removed_admins_earlier_statement_does_not_count(victim: Victim) -> None:
    first, second = victim.member.admins
    run(activate(victim.node, statement(victim, first)))
    _remove_an_admin(victim, "first")
    victim.restart()
    run(activate(victim.node, statement(victim, second)))
    assert not in_force(victim)
    victim.restart()
    assert not in_force(victim)


def test_an_activation_falls_when_one_of_its_admins_is_removed(victim: Victim) -> None:
    for key in victim.member.admins:
        run(activate(victim.node, statement(victim, key)))
    _remove_an_admin(victim, "first")
    victim.restart()
    assert not in_force(victim)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE activation SET from_date = '2025-01-14'",
        "UPDATE activation SET reference = 'another'",
        "UPDATE activation SET admin = admin || 'x'",
        "UPDATE activation SET statement = (SELECT min(statement) FROM activation)",
    ],
)
def test_an_activation_changed_in_the_database_does_not_count(victim: Victim, tampering: str) -> None:
    for key in victim.member.admins:
        run(activate(victim.node, statement(victim, key)))
    victim.close()
    with closing(sqlite3.connect(victim.member.folder / "data" / "kelisim.db", isolation_level=None)) as rows:
        assert rows.execute(tampering).rowcount == 2
    victim.restart()
    assert not in_force(victim)
