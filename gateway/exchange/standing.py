"""Where a case stands: its state and what must be remembered beside it, moved on by one step at a time.

An answer counts only for the question that is open. One that answers an earlier question, or comes when the
executor has gone on by itself, is taken and changes nothing; that is why the order in which crossing messages
arrive does not matter. The same holds for conditions, for confidentiality, and for a follow-up after a
result.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from gateway.exchange.case import (
    ACKNOWLEDGED,
    AS_BEFORE,
    DEFERRED,
    FOLLOWED_UP,
    ORAL,
    QUESTIONS,
    REQUESTED,
    Role,
    next_state,
)

_ASKING = (*QUESTIONS.values(), FOLLOWED_UP)
_OFFERING = ("deferral", "consultation")


class Memory(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a case's state does not say. Ids are those of messages; "" means none.

    Args:
        before: the state that the open question interrupted.
        question: the open question.
        offer: the latest message that offered conditions, and what became of them: `conditions`.
        postponed: the deferral whose conditions are not answered yet.
        oral: whether the request (or information) was made orally, and its written confirmation.
        oral_made_ms: when it was made (Unix milliseconds).
        transfer_asked: the requester asked that the request be passed on.
        transferred_to: the authority that has it now.
        privacy_query: the latest question about confidentiality, and the decision on it: `privacy`.
        consulted: who has taken part in consulting.
        confidential: the requester asked that the request be kept confidential.
    """

    before: str = ""
    question: str = ""
    offer: str = ""
    conditions: Literal["none", "offered", "accepted", "declined"] = "none"
    postponed: str = ""
    oral: Literal["none", "unconfirmed", "confirmed"] = "none"
    oral_made_ms: int = 0
    transfer_asked: bool = False
    transferred_to: str = ""
    privacy_query: str = ""
    privacy: Literal["none", "asked", "execute", "leave"] = "none"
    consulted: Annotated[tuple[Role, ...], Meta(max_length=2)] = ()
    confidential: bool = False


class Standing(Struct, frozen=True):
    """A case's state with its memory."""

    state: str
    memory: Memory = Memory()


class Move(Struct, frozen=True, omit_defaults=True):
    """A message as the machine sees it.

    Args:
        step, role: what its sender did, and in which role.
        message: its id.
        answers: the message it answers, "" for none.
        received: it came from the other side.
        offers: it offers conditions.
        made_ms: when an oral request was made; 0 for none.
        execute: the requester's decision to have a request executed although it becomes known.
        authority: the authority that has the request now.
        confidential: the request is to be kept confidential.
    """

    step: str
    role: Role
    message: str
    answers: str = ""
    received: bool = False
    offers: bool = False
    made_ms: int = 0
    execute: bool = False
    authority: str = ""
    confidential: bool = False


_memory = msgspec.json.Decoder(Memory)


def write_memory(memory: Memory) -> str:
    """The memory as it is stored; a case about which nothing is remembered takes two characters."""
    return msgspec.json.encode(memory).decode("ascii")


def read_memory(stored: str) -> Memory:
    """The memory from its stored form."""
    return _memory.decode(stored)


def opened(move: Move) -> Standing | None:
    """The standing of a case that a message opens, or None if it cannot open one."""
    state = next_state(None, move.step, move.role)
    if state is None:
        return None
    oral = move.step.startswith("oral_")
    if not (oral or move.confidential):
        return Standing(state)
    return Standing(
        state,
        Memory(
            oral="unconfirmed" if oral else "none", oral_made_ms=move.made_ms, confidential=move.confidential
        ),
    )


def advance(standing: Standing, move: Move) -> Standing | None:
    """The standing after a message, or None if the case does not admit it.

    Args:
        standing: where the case stands, as this end knows it.
        move: the message.
    """
    after = next_state(standing.state, move.step, move.role, received=move.received)
    if after is None or not _fits(standing.memory, move):
        return None
    return Standing(*_moved(standing, _remembered(standing.memory, move), move, after))


def _fits(memory: Memory, move: Move) -> bool:
    """What the state does not tell: one confirmation for one oral request, answers to what was offered."""
    if move.step == "written_confirmation":
        return memory.oral == "unconfirmed"
    if move.step.startswith("conditions_") and not move.received:
        return memory.conditions == "offered" and move.answers in (memory.offer, memory.postponed)
    return True


def _moved(standing: Standing, memory: Memory, move: Move, after: str) -> tuple[str, Memory]:
    """State and memory after a step whose `after` the table gives."""
    state, change = standing.state, msgspec.structs.replace
    if move.step == "conditions_accepted" and move.answers == standing.memory.postponed != "":
        return _resumed(state, memory)
    if after == AS_BEFORE:
        if move.answers != memory.question:
            return state, memory
        return memory.before, change(memory, before="", question="")
    if move.step == "conditions_accepted":
        return state, memory  # of conditions that stand no more
    if _asks(move, after):
        before = memory.before if state in _ASKING else _interrupted(state)
        return after, change(memory, before=before, question=move.message)
    if after == state:
        return after, memory
    return after, change(memory, before="", question="")


def _resumed(state: str, memory: Memory) -> tuple[str, Memory]:
    """A deferral's conditions are accepted: it ends, also where a question interrupted it."""
    memory = msgspec.structs.replace(memory, postponed="")
    if state == DEFERRED:
        return ACKNOWLEDGED, memory
    if memory.before == DEFERRED:
        return state, msgspec.structs.replace(memory, before=ACKNOWLEDGED)
    return state, memory


def _asks(move: Move, after: str) -> bool:
    """Whether this is a question that the case now waits on: the executor's, or a follow-up to a result."""
    if move.role == "requester":
        return move.step == "follow_up"
    return QUESTIONS.get(move.step) == after


def _interrupted(state: str) -> str:
    """What is gone back to after a question: who asks has the request in hand."""
    return ACKNOWLEDGED if state in (ORAL, REQUESTED) else state


def _remembered(memory: Memory, move: Move) -> Memory:
    """What a message adds to the memory, whatever the state."""
    change = msgspec.structs.replace
    if move.step == "written_confirmation":
        return change(memory, oral="confirmed", confidential=memory.confidential or move.confidential)
    if move.step == "transfer_order":
        return change(memory, transfer_asked=True)
    if move.step == "transferred":
        return change(memory, transferred_to=move.authority)
    if move.step == "confidentiality_query":
        return change(memory, privacy_query=move.message, privacy="asked")
    if move.step == "confidentiality_answer" and move.answers == memory.privacy_query:
        return change(memory, privacy="execute" if move.execute else "leave")
    if move.step in _OFFERING and move.role == "executor":
        return _offered(_taking_part(memory, move), move)
    if move.step.startswith("conditions_"):
        return _decided(_taking_part(memory, move), move)
    if move.step.startswith("consultation"):
        return _taking_part(memory, move)
    return memory


def _offered(memory: Memory, move: Move) -> Memory:
    """Conditions stand until the next offer, or until the next deferral without any."""
    change = msgspec.structs.replace
    if move.step == "deferral":
        memory = change(memory, postponed=move.message if move.offers else "")
    if move.offers:
        return change(memory, offer=move.message, conditions="offered")
    return change(memory, offer="", conditions="none") if move.step == "deferral" else memory


def _decided(memory: Memory, move: Move) -> Memory:
    if move.answers != memory.offer or not memory.offer:
        return memory
    accepted = move.step == "conditions_accepted"
    return msgspec.structs.replace(memory, conditions="accepted" if accepted else "declined")


def _taking_part(memory: Memory, move: Move) -> Memory:
    if move.step == "deferral" or move.role in memory.consulted:
        return memory
    return msgspec.structs.replace(memory, consulted=tuple(sorted((*memory.consulted, move.role))))
