"""Drafts of messages as an officer would write them; texts are invented and name nobody."""

from gateway.exchange.body import Body, Obstacle, Refusal
from gateway.exchange.manifest import Signatory
from gateway.exchange.prepare import Draft
from tests.support.world import HEAD_NAME

ELEMENTS = {
    "requesting_authority": "Министерство внутренних дел Республики Казахстан",
    "requested_authority": "Министерство внутренних дел Российской Федерации",
    "circumstances": "Расследуется хищение автомобиля; предполагается его вывоз.",
    "purpose": "Установить местонахождение автомобиля.",
    "grounds": "Возбуждено дело о хищении.",
    "content": "Просим проверить регистрационные сведения.",
}
SIGNATORY = Signatory(HEAD_NAME, "head")


def request(**changes: object) -> Draft:
    """A lawful request under kz-ru-mvd-2008 from kz/mia to ru/mia."""
    fields: dict[str, object] = {
        "kind": "request",
        "agreement": "kz-ru-mvd-2008",
        "recipients": ["ru/mia"],
        "body": Body(elements=ELEMENTS),
        "language": "ru",
        "subject": ["property"],
        "form": "numbered_items_search",
        "purpose": "crime-solving",
        "level": "restricted",
        "signatory": SIGNATORY,
    } | changes
    return Draft(**fields)  # type: ignore[arg-type]


def reply(kind: str, case: str, to: str, *, recipient: str = "kz/mia", **changes: object) -> Draft:
    """A lawful reply under kz-ru-mvd-2008."""
    bodies = {
        "acknowledgement": Body(text="Запрос принят."),
        "clarification_query": Body(text="Просим уточнить номер кузова."),
        "clarification_answer": Body(text="Номер кузова указан в приложении."),
        "obstacle_notice": Body(obstacle=Obstacle(reason="Сведения находятся в другом ведомстве.")),
        "result": Body(text="Автомобиль установлен.", law_applied="Национальное законодательство."),
        "refusal": Body(
            refusal=Refusal(
                ground="sovereignty",
                reason="Исполнение затрагивает существенные интересы.",
                consultation="held",
            )
        ),
    }
    fields: dict[str, object] = {
        "kind": kind,
        "agreement": "kz-ru-mvd-2008",
        "recipients": [recipient],
        "case": case,
        "in_reply_to": to,
        "body": bodies[kind],
        "language": "ru",
        "purpose": "crime-solving",
    } | changes
    return Draft(**fields)  # type: ignore[arg-type]
