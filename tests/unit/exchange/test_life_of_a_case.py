"""The life of a case between two real nodes: each step is decided at both, and leaves both alike."""

from typing import Any

import pytest

from gateway.exchange.body import (
    Body,
    Competence,
    Conditions,
    Correction,
    Destruction,
    Disclosure,
    Obstacle,
    Oral,
    Refusal,
    UseReport,
)
from keys import instants
from tests.support import drafts
from tests.support.hostile import HOUR_MS
from tests.support.village import Village, edited, said

KZ, RU = "kz/mia", "ru/mia"
P = "kz-ru-mvd-2008"
ORDER = "baseline/case-order"
RESULT = Body(text="Автомобиль установлен.", law_applied="Национальное законодательство.")
PART = Body(
    text="Собственник установлен.",
    law_applied="Национальное законодательство.",
    partial=True,
    reason="Остальное исполняется.",
)
POSTPONED = Body(
    obstacle=Obstacle(
        "Идёт судебное разбирательство.", deferral=True, deferral_ground="criminal_prosecution"
    ),
    conditions=Conditions(["Сведения не оглашаются до приговора."]),
)
REFUSED = Body(
    refusal=Refusal("sovereignty", "Исполнение затрагивает существенные интересы.", consultation="held")
)


def oral(village: Village, hours_ago: int = 1, *, confirms: bool = False) -> Oral:
    return Oral(instants.write(village.clock.now - hours_ago * HOUR_MS), "prevent_crime", confirms)


class Story:
    """One case, told step by step; each message answers the opening one unless it says otherwise."""

    def __init__(self, village: Village, opening: str, case: str, first: str = KZ) -> None:
        self.village, self.opening, self.case = village, opening, case
        self.other = {KZ: RU, RU: KZ}
        self.requester = first

    def draft(self, sender: str, kind: str, body: Body, answers: str | None = None, **changes: Any) -> Any:
        return said(kind, self.case, answers or self.opening, self.other[sender], body, **changes)

    def send(self, sender: str, kind: str, body: Body, answers: str | None = None, **changes: Any) -> str:
        return self.village.exchanged(sender, self.draft(sender, kind, body, answers, **changes)).message

    def refused(self, sender: str, kind: str, body: Body, answers: str | None = None) -> set[str]:
        return self.village.refused(sender, self.draft(sender, kind, body, answers))

    @property
    def state(self) -> str:
        return self.village.state(self.case, KZ, RU)


@pytest.fixture
def story(village: Village) -> Story:
    """A written request from Kazakhstan to Russia has arrived."""
    sent = village.exchanged(KZ, drafts.request())
    return Story(village, sent.message, sent.case)


def test_the_whole_life_of_an_urgent_request(village: Village) -> None:
    body = Body(elements=drafts.ELEMENTS, oral=oral(village))
    sent = village.exchanged(KZ, drafts.request(body=body))
    story = Story(village, sent.message, sent.case)
    assert story.state == "oral"

    confirming = Body(elements=drafts.ELEMENTS, oral=oral(village, confirms=True))
    story.send(KZ, "request", confirming, **_as_request())
    assert story.state == "requested"
    assert village.memory(RU, story.case, KZ).oral == "confirmed"

    story.send(RU, "acknowledgement", Body(text="Принято."))
    assert story.state == "acknowledged"

    doubt = story.send(
        RU, "authenticity_query", Body(text="Подтвердите запрос.", reason="Подпись неразборчива.")
    )
    assert story.state == "verifying"
    story.send(KZ, "authenticity_answer", Body(text="Подтверждаем.", authentic=True), doubt)
    assert story.state == "acknowledged"

    story.send(RU, "obstacle_notice", Body(obstacle=Obstacle("Сведения в другом ведомстве.")))
    assert story.state == "obstructed"

    asked = story.send(RU, "consultation", Body(text="Возможно исполнение при условиях?"))
    assert story.state == "consulting"
    story.send(KZ, "consultation", Body(text="Возможно."), asked)
    offer = story.send(RU, "obstacle_notice", POSTPONED)
    assert story.state == "deferred"
    story.send(KZ, "conditions_answer", Body(conditions=Conditions(accepted=True)), offer)
    assert story.state == "acknowledged"
    assert village.memory(KZ, story.case, RU).conditions == "accepted"

    story.send(RU, "result", PART)
    assert story.state == "partly_answered"
    story.send(RU, "result", RESULT)
    assert story.state == "answered"
    story.send(KZ, "closure", Body())
    assert story.state == "closed"

    steps = [event.step for event in village.node(RU).store.case_events(story.case, KZ)]
    assert steps == [
        "oral_request",
        "written_confirmation",
        "acknowledgement",
        "authenticity_query",
        "authenticity_answer",
        "obstacle_notice",
        "consultation",
        "consultation_answer",
        "deferral",
        "conditions_accepted",
        "partial_result",
        "result",
        "closure",
    ]


def _as_request(**changes: Any) -> dict[str, Any]:
    asked = drafts.request()
    kept = {"subject": asked.subject, "form": asked.form, "signatory": asked.signatory}
    return kept | changes


def test_kz_ru_mvd_2008_5_2_a_result_of_an_oral_request_is_held_until_it_is_confirmed(
    village: Village,
) -> None:
    body = Body(elements=drafts.ELEMENTS, oral=oral(village))
    sent = village.exchanged(KZ, drafts.request(body=body))
    story = Story(village, sent.message, sent.case)
    assert f"{P}/5.2" in story.refused(RU, "result", RESULT)
    assert story.state == "oral"
    confirming = Body(elements=drafts.ELEMENTS, oral=oral(village, confirms=True))
    story.send(KZ, "request", confirming, **_as_request())
    story.send(RU, "result", RESULT)
    assert story.state == "answered"


def test_a_confirmation_counts_from_what_is_on_record_and_not_from_what_it_says(village: Village) -> None:
    body = Body(elements=drafts.ELEMENTS, oral=oral(village))
    sent = village.exchanged(KZ, drafts.request(body=body))
    story = Story(village, sent.message, sent.case)
    village.clock.now += 80 * HOUR_MS
    late = Body(elements=drafts.ELEMENTS, oral=oral(village, confirms=True))
    draft = edited(story.draft(KZ, "request", late), **_as_request())
    assert f"{P}/5.2" in village.refused(KZ, draft)


def test_an_oral_request_is_confirmed_once(village: Village) -> None:
    sent = village.exchanged(KZ, drafts.request(body=Body(elements=drafts.ELEMENTS, oral=oral(village))))
    story = Story(village, sent.message, sent.case)
    confirming = Body(elements=drafts.ELEMENTS, oral=oral(village, confirms=True))
    story.send(KZ, "request", confirming, **_as_request())
    again = edited(story.draft(KZ, "request", confirming), **_as_request())
    assert ORDER in village.refused(KZ, again)


def test_a_written_request_has_nothing_to_confirm(village: Village, story: Story) -> None:
    confirming = Body(elements=drafts.ELEMENTS, oral=oral(village, confirms=True))
    assert ORDER in village.refused(KZ, edited(story.draft(KZ, "request", confirming), **_as_request()))


def test_a_confirmation_of_what_is_on_no_record_is_denied(village: Village) -> None:
    body = Body(elements=drafts.ELEMENTS, oral=oral(village, confirms=True))
    assert "baseline/confirmation" in village.refused(KZ, drafts.request(body=body))


def test_withdrawn_is_withdrawn(story: Story) -> None:
    story.send(KZ, "withdrawal", Body(reason="Автомобиль найден."))
    assert story.state == "withdrawn"
    assert ORDER in story.refused(RU, "result", RESULT)
    story.send(KZ, "closure", Body())
    assert story.state == "closed"


def test_a_result_that_crossed_a_withdrawal_ends_both_ends_in_the_result(
    village: Village, story: Story
) -> None:
    village.send(KZ, story.draft(KZ, "withdrawal", Body(reason="Автомобиль найден.")))
    village.send(RU, story.draft(RU, "result", RESULT))
    village.carry()
    assert story.state == "answered"


def test_kz_ru_mvd_2008_6_3_a_refusal_after_consultation(story: Story) -> None:
    asked = story.send(RU, "consultation", Body(text="Возможно исполнение при условиях?"))
    assert story.state == "consulting"
    story.send(KZ, "consultation", Body(text="Условия неприемлемы."), asked)
    assert story.state == "acknowledged"
    refusal = Body(refusal=Refusal("sovereignty", "Исполнение затрагивает существенные интересы."))
    story.send(RU, "refusal", refusal)
    assert story.state == "refused"
    assert ORDER in story.refused(RU, "result", RESULT)


def test_a_refusal_that_claims_no_consultation_and_held_none_is_denied(story: Story) -> None:
    refusal = Body(refusal=Refusal("sovereignty", "Исполнение затрагивает существенные интересы."))
    assert f"{P}/6.3" in story.refused(RU, "refusal", refusal)


def test_kz_ru_mvd_2008_7_5_the_requester_decides_when_confidentiality_cannot_be_kept(
    village: Village,
) -> None:
    body = Body(elements=drafts.ELEMENTS, confidential=True)
    sent = village.exchanged(KZ, drafts.request(body=body))
    story = Story(village, sent.message, sent.case)
    asked = story.send(RU, "confidentiality_query", Body(text="Запрос станет известен."))
    assert story.state == "confiding"
    assert f"{P}/7.5" in story.refused(RU, "result", RESULT)
    story.send(KZ, "confidentiality_answer", Body(execute_despite_disclosure=True), asked)
    story.send(RU, "result", RESULT)
    assert story.state == "answered"


def test_declined_conditions_leave_a_request_deferred(story: Story) -> None:
    asked = story.send(RU, "consultation", Body(text="Возможно исполнение при условиях?"))
    story.send(KZ, "consultation", Body(text="Возможно."), asked)
    offer = story.send(RU, "obstacle_notice", POSTPONED)
    story.send(KZ, "conditions_answer", Body(conditions=Conditions(accepted=False)), offer)
    assert story.state == "deferred"
    assert ORDER in story.refused(KZ, "conditions_answer", Body(conditions=Conditions(accepted=True)), offer)


def test_conditions_that_nobody_offered_are_not_accepted(story: Story) -> None:
    assert ORDER in story.refused(KZ, "conditions_answer", Body(conditions=Conditions(accepted=True)))


def test_an_answer_answers_a_question_of_its_kind_and_of_the_other_side(story: Story) -> None:
    asked = story.send(RU, "clarification_query", Body(text="Просим уточнить."))
    assert ORDER in story.refused(KZ, "authenticity_answer", Body(text="Да.", authentic=True), asked)
    assert ORDER in story.refused(KZ, "clarification_answer", Body(text="Да."), story.opening)
    story.send(KZ, "clarification_answer", Body(text="Уточняем."), asked)
    assert story.state == "acknowledged"


def test_data_duties_outlive_the_case(story: Story) -> None:
    result = story.send(RU, "result", RESULT)
    story.send(KZ, "closure", Body())
    query = story.send(RU, "use_report_query", Body(text="Просим сообщить."), result)
    report = Body(use_report=UseReport("Розыск.", "Автомобиль возвращён."))
    story.send(KZ, "use_report", report, query)
    wrong = Body(correction=Correction("destroy", "restricted", ["Адрес."]), reason="Закон.")
    story.send(RU, "data_correction", wrong, result)
    gone = Body(destruction=Destruction("not_needed", ["Адрес."]))
    story.send(KZ, "data_destruction", gone, result)
    notice = Body(disclosure=Disclosure("Передача суду.", "Закон о суде."))
    story.send(KZ, "disclosure_notice", notice, result)
    assert story.state == "closed"


def test_only_the_giver_of_information_asks_how_it_was_used(story: Story) -> None:
    result = story.send(RU, "result", RESULT)
    provisions = story.refused(KZ, "use_report_query", Body(text="Как использовали?"), result)
    assert "baseline/data-duties" in provisions


def test_information_is_doubted_confirmed_and_closed_by_whoever_received_it(village: Village) -> None:
    draft = drafts.request(kind="information", body=Body(text="Готовится вывоз автомобилей."), signatory=None)
    sent = village.exchanged(RU, edited(draft, recipients=[KZ]))
    story = Story(village, sent.message, sent.case, RU)
    doubt = story.send(KZ, "authenticity_query", Body(text="Просим подтвердить.", reason="Нет подписи."))
    story.send(RU, "authenticity_answer", Body(text="Подтверждаем.", authentic=True), doubt)
    assert story.state == "informed"
    story.send(KZ, "closure", Body())
    assert story.state == "closed"


def test_a_consultation_outside_of_any_request_opens_a_case_of_its_own(village: Village) -> None:
    draft = drafts.request(kind="consultation", body=Body(text="О порядке обмена."), subject=[], form=None)
    sent = village.exchanged(KZ, edited(draft, signatory=None))
    story = Story(village, sent.message, sent.case)
    assert story.state == "conferring"
    story.send(RU, "consultation", Body(text="Согласны."))
    story.send(RU, "closure", Body())
    assert story.state == "closed"


def test_an_executor_that_is_not_competent_says_so_and_waits(story: Story) -> None:
    body = Body(competence=Competence(transferred=False, authority=None), reason="Иная подведомственность.")
    story.send(RU, "competence_notice", body)
    assert story.state == "not_competent"
    assert ORDER in story.refused(RU, "result", RESULT)
    story.send(KZ, "withdrawal", Body(reason="Обратимся в другой орган."))
    assert story.state == "withdrawn"


def test_a_transfer_that_was_not_made_is_not_told_as_made(story: Story) -> None:
    claim = Body(
        competence=Competence(transferred=True, authority="ru/gpo"), reason="Иная подведомственность."
    )
    assert ORDER in story.refused(RU, "competence_notice", claim)


@pytest.mark.parametrize(
    ("sender", "kind", "body"),
    [
        (KZ, "result", RESULT),
        (KZ, "refusal", REFUSED),
        (KZ, "acknowledgement", Body(text="Принято.")),
        (KZ, "obstacle_notice", Body(obstacle=Obstacle("Нет."))),
        (RU, "withdrawal", Body(reason="Нет.")),
        (RU, "closure", Body()),
        (KZ, "closure", Body()),
        (RU, "transfer_order", Body()),
        (KZ, "transfer_order", Body()),
        (KZ, "clarification_query", Body(text="Ещё?")),
    ],
)
def test_the_wrong_side_or_the_wrong_moment_is_out_of_order(
    story: Story, sender: str, kind: str, body: Body
) -> None:
    assert ORDER in story.refused(sender, kind, body)
    assert story.state == "requested"
