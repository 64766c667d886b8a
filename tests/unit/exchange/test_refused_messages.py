"""A message the other side refused moves nothing at either end, whatever was sent after it."""

from gateway.exchange.body import Body, Obstacle
from gateway.exchange.standing import read_memory
from tests.support import drafts
from tests.support.hostile import HOUR_MS
from tests.support.village import Village, said

KZ, RU = "kz/mia", "ru/mia"
OBSTACLE = Body(obstacle=Obstacle("Сведения в другом ведомстве."))
RESULT = Body(text="Автомобиль установлен.", law_applied="Национальное законодательство.")


def refused_late(village: Village, sender: str) -> None:
    """Carry what is queued as if its transport began in time and arrived too late."""
    node, recipient = village.node(sender), {KZ: RU, RU: KZ}[sender]
    batch = node.store.queued_envelopes(recipient, 28)
    before = village.clock.now
    village.clock.now += 100 * HOUR_MS
    village.deliver(sender, recipient, batch)
    village.clock.now = before


def test_a_refused_request_leaves_no_case_but_a_void_one(village: Village) -> None:
    sent = village.send(KZ, drafts.request(validity_s=60))
    refused_late(village, KZ)
    assert village.delivery(KZ, sent.message) == "rejected"
    assert village.case(KZ, sent.case, RU).state == "void"
    assert village.node(RU).store.case(sent.case, KZ) is None
    steps = [event.step for event in village.node(KZ).store.case_events(sent.case, RU)]
    assert steps == ["request", "undone"]


def test_a_refused_step_is_taken_out_and_the_case_goes_on_alike(village: Village) -> None:
    asked = village.exchanged(KZ, drafts.request())
    village.send(RU, said("obstacle_notice", asked.case, asked.message, KZ, OBSTACLE, validity_s=60))
    assert village.case(RU, asked.case, KZ).state == "obstructed"
    refused_late(village, RU)
    assert village.state(asked.case, KZ, RU) == "requested"
    village.exchanged(RU, said("result", asked.case, asked.message, KZ, RESULT))
    assert village.state(asked.case, KZ, RU) == "answered"


def test_two_refused_in_one_frame_are_both_taken_out(village: Village) -> None:
    asked = village.exchanged(KZ, drafts.request())
    for kind, body in (("acknowledgement", Body(text="Принято.")), ("obstacle_notice", OBSTACLE)):
        village.send(RU, said(kind, asked.case, asked.message, KZ, body, validity_s=60))
    refused_late(village, RU)
    assert village.state(asked.case, KZ, RU) == "requested"


def test_what_was_remembered_of_a_refused_step_goes_with_it(village: Village) -> None:
    asked = village.exchanged(KZ, drafts.request())
    query = Body(text="Запрос станет известен.")
    village.send(RU, said("confidentiality_query", asked.case, asked.message, KZ, query, validity_s=60))
    assert village.memory(RU, asked.case, KZ).privacy == "asked"
    refused_late(village, RU)
    assert village.memory(RU, asked.case, KZ) == read_memory("{}")
