"""What crosses the pipes between the gateway and a worker: frames of a length and JSON, nothing executable.

A worker may be in hostile hands. The gateway therefore takes one bounded frame per file, decodes it into
closed types, and believes nothing else that a worker writes.
"""

import struct
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from gateway.inspection.inspected import MAX_FINDINGS, MAX_PROBLEMS, Inspected, Problem
from gateway.inspection.limits import Reading
from gateway.inspection.reasons import Reason
from gateway.inspection.sandbox.closing import Walls
from gateway.inspection.verdict import Channel, Finding, Verdict

LENGTH = struct.Struct(">I")
MAX_SETUP_BYTES = 1024 * 1024
MAX_ANSWER_BYTES = 512 * 1024
CHUNK_BYTES = 64 * 1024
_Text = Annotated[str, Meta(max_length=600)]


class Setup(Struct, frozen=True, forbid_unknown_fields=True):
    """The first frame to a worker. `lexicon`, `lexicon_key`: paths; empty for those of this version."""

    reading: Reading
    max_memory_bytes: int
    cpu_s: float
    lexicon: str = ""
    lexicon_key: str = ""


class Ready(Struct, frozen=True, forbid_unknown_fields=True):
    """The first frame from a worker: the sandbox is closed and these walls stand."""

    walls: Walls


class Job(Struct, frozen=True, forbid_unknown_fields=True):
    """A file to inspect; its bytes follow in frames, the last of them empty.

    `labels`: what labels mean for this partner, over the configured ones.
    """

    number: int
    name: str
    declared_type: str
    labels: dict[str, Verdict] = {}


class FoundMarking(Struct, frozen=True, forbid_unknown_fields=True):
    """A `Finding` on its way."""

    marking: _Text
    language: _Text
    place: _Text
    rule: _Text
    verdict: Verdict
    channel: Channel


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """What a worker says of a job."""

    number: int
    verdict: Verdict
    findings: Annotated[list[FoundMarking], Meta(max_length=MAX_FINDINGS)]
    problems: Annotated[list[tuple[Reason, _Text]], Meta(max_length=MAX_PROBLEMS)]
    expanded_bytes: Annotated[int, Meta(ge=0, le=2**40)]


def encode(frame: Struct | bytes) -> bytes:
    """Return a frame with its length in front."""
    body = frame if isinstance(frame, bytes) else msgspec.json.encode(frame)
    return LENGTH.pack(len(body)) + body


def to_answer(number: int, inspected: Inspected) -> Answer:
    """Return an answer that fits into its frame: long words are cut."""
    findings = [
        FoundMarking(f.marking[:600], f.language[:600], f.place[:600], f.rule[:600], f.verdict, f.channel)
        for f in inspected.findings
    ]
    problems = [(problem.reason, problem.place[:600]) for problem in inspected.problems]
    return Answer(number, inspected.verdict, findings, problems, inspected.expanded_bytes)


def from_answer(answer: Answer) -> Inspected:
    """Return what an answer says."""
    findings = tuple(
        Finding(f.marking, f.language, f.place, f.rule, f.verdict, f.channel) for f in answer.findings
    )
    problems = tuple(Problem(reason, place) for reason, place in answer.problems)
    return Inspected(answer.verdict, findings, problems, answer.expanded_bytes)
