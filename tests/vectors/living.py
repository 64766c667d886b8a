"""Vectors of the life of a case: steps as one end sends and receives them, and where the case then stands."""

from typing import Any

from tests.vectors.case import Case, Document, accept, refuse

Told = dict[str, Any]


def _step(step: str, by: str, message: str, answers: str = "m0", **more: Any) -> Told:
    return {"step": step, "by": by, "message": message, "answers": answers, **more}


def _sent(step: str, message: str, answers: str = "m0", **more: Any) -> Told:
    """What the executor, whose end it is, sends."""
    return _step(step, "executor", message, answers, **more)


def _got(step: str, message: str, answers: str = "m0", **more: Any) -> Told:
    """What it receives from the requester."""
    return _step(step, "requester", message, answers, received=True, **more)


_ASK, _ORAL = _got("request", "m0", ""), _got("oral_request", "m0", "", made_ms=1)
_GOOD: dict[str, list[Told]] = {
    "a request is acknowledged and answered": [_ASK, _sent("acknowledgement", "m1"), _sent("result", "m2")],
    "an oral request is confirmed while it is clarified": [
        _ORAL,
        _sent("clarification_query", "m1"),
        _got("written_confirmation", "m2"),
        _got("clarification_answer", "m3", "m1"),
    ],
    "an answer to an earlier question changes nothing": [
        _ASK,
        _sent("clarification_query", "m1"),
        _sent("obstacle_notice", "m2"),
        _sent("authenticity_query", "m3"),
        _got("clarification_answer", "m4", "m1"),
    ],
    "a result beats a withdrawal that crossed it": [_ASK, _sent("result", "m1"), _got("withdrawal", "m2")],
    "conditions of a deferral are accepted while a question is open": [
        _ASK,
        _sent("deferral", "m1", offers=True),
        _sent("clarification_query", "m2"),
        _got("conditions_accepted", "m3", "m1"),
        _got("clarification_answer", "m4", "m2"),
    ],
    "a follow-up is ended by what answers it": [
        _ASK,
        _sent("result", "m1"),
        _got("follow_up", "m2", "m1"),
        _sent("result", "m3", "m0"),
        _sent("clarification_answer", "m4", "m2"),
    ],
    "a request is passed on": [
        _ASK,
        _sent("competence_notice", "m1"),
        _got("transfer_order", "m2", "m1"),
        _sent("transferred", "m3", authority="ru/gpo"),
    ],
}
_BAD: dict[str, list[Told]] = {
    "a case that opens with a result": [_got("result", "m0", "")],
    "a case that the executor opens": [_sent("request", "m0", "")],
    "a request in an open case": [_ASK, _got("request", "m1", "")],
    "a result by the requester": [_ASK, _got("result", "m1")],
    "a withdrawal by the executor": [_ASK, _sent("withdrawal", "m1")],
    "a closure of what is not answered": [_ASK, _got("closure", "m1")],
    "a result after a refusal": [_ASK, _sent("refusal", "m1"), _sent("result", "m2")],
    "a result sent after a withdrawal": [_ASK, _got("withdrawal", "m1"), _sent("result", "m2")],
    "a second acknowledgement": [_ASK, _sent("acknowledgement", "m1"), _sent("acknowledgement", "m2")],
    "a confirmation of a written request": [_ASK, _got("written_confirmation", "m1")],
    "a second confirmation": [_ORAL, _got("written_confirmation", "m1"), _got("written_confirmation", "m2")],
    "an order to pass on what the executor is competent for": [_ASK, _got("transfer_order", "m1")],
    "a result of what was passed on": [
        _ASK,
        _sent("transferred", "m1", authority="ru/gpo"),
        _sent("result", "m2"),
    ],
    "a follow-up before the result": [_ASK, _got("follow_up", "m1")],
    "an answer to information that was not asked for": [
        _got("information", "m0", ""),
        _got("confidentiality_answer", "m1"),
    ],
    "a result of information": [_got("information", "m0", ""), _sent("result", "m1")],
    "an acknowledgement of what is closed": [
        _ASK,
        _sent("result", "m1"),
        _got("closure", "m2"),
        _sent("acknowledgement", "m3"),
    ],
}


def cases_document() -> Document:
    """One end's view, the executor's; the last step of a refused case is the one that is not admitted."""
    cases: list[Case] = [accept(name, steps=steps) for name, steps in _GOOD.items()]
    cases += [refuse(name, steps=steps) for name, steps in _BAD.items()]
    return {"kind": "cases", "cases": cases}
