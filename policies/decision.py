"""What a decision says: the outcome, the provisions it rests on, and what would make a denial lawful."""

from typing import Any, Literal, Protocol, TypeVar

import msgspec
from msgspec import Struct

Outcome = Literal["permit", "deny"]
Effect = Literal["permit", "deny", "require", "oblige"]
Value = Literal["true", "false", "unknown"]
Cause = Literal["violated", "unknown", "no_legal_basis"]


class Texts(Struct, frozen=True, omit_defaults=True):
    """A text in further languages than English; each field is named by its ISO 639 code."""

    kk: str | None = None
    ru: str | None = None


class Said(Protocol):
    """What has a text for a person, and the same in further languages."""

    @property
    def text(self) -> str:
        """In English."""

    @property
    def texts(self) -> Texts | None:
        """In further languages."""


Told = TypeVar("Told", bound=Said)


class Remedy(Struct, frozen=True, omit_defaults=True):
    """What would make a denied act lawful.

    Args:
        provision: provision id the remedy belongs to.
        text: for a person.
        action: code of what to do; `none` when no change of the message can help.
        set: facts (of a source: `source.*`) that must hold instead, by name.
        add: codes that must be added to a list fact, by name.
        texts: `text` in further languages.
    """

    provision: str
    text: str
    action: str
    set: dict[str, Any] = {}
    add: dict[str, list[str]] = {}
    texts: Texts | None = None


class Obligation(Struct, frozen=True, omit_defaults=True):
    """What the act obliges somebody to do.

    Args:
        provision: provision id it comes from.
        code: machine name.
        text: for a person.
        clock: name of the pack's clock that runs, if one does.
        texts: `text` in further languages.
    """

    provision: str
    code: str
    text: str
    clock: str | None = None
    texts: Texts | None = None


class Reason(Struct, frozen=True, omit_defaults=True):
    """One ground of a denial.

    Args:
        provision: provision id.
        rule: rule id, `<provision>#<key>`.
        text: why, for a person.
        cause: `violated`, `unknown` (a fact is missing) or `no_legal_basis`.
        missing: names of the facts that are not known.
        source: index of the source concerned, if the rule looks at one.
        texts: `text` in further languages.
    """

    provision: str
    rule: str
    text: str
    cause: Cause
    missing: tuple[str, ...] = ()
    source: int | None = None
    texts: Texts | None = None


class TraceEntry(Struct, frozen=True, omit_defaults=True):
    """One rule as evaluated.

    Args:
        rule: rule id.
        effect: the rule's effect.
        value: value of its condition.
        outcome: `denied` or `passed`; `permitted` or `silent`; `obliged` or `silent`.
        source: index of the source it was evaluated for.
        under: agreement id of carried information for whose sake it was evaluated.
    """

    rule: str
    effect: Effect
    value: Value
    outcome: Literal["denied", "passed", "permitted", "obliged", "silent"]
    source: int | None = None
    under: str | None = None


class PackRef(Struct, frozen=True):
    """A pack whose rules took part: its id, version and `sha256:` hash."""

    id: str
    version: str
    hash: str


class Explanation(Struct, frozen=True):
    """Every provision that took part, each once, in the order of the trace.

    Args:
        applied: looked at, whatever came of it.
        permitted: of the rules and catalogue entries that allow the act.
        denied: of the rules that deny it.
        obliged: of the obligations it brings.
    """

    applied: tuple[str, ...]
    permitted: tuple[str, ...]
    denied: tuple[str, ...]
    obliged: tuple[str, ...]


_WITHOUT_EFFECT = ("passed", "silent")


class Decision(Struct, frozen=True):
    """The decision on one act.

    Args:
        outcome: `permit` or `deny`.
        provisions: provision ids it rests on, the decisive one first, each once.
        reasons: every ground of a denial at once; empty for a permit.
        missing: names of all facts whose absence denied, sorted.
        remedies: one for each ground that has one.
        obligations: what the act obliges to; for a denial only those that stand nevertheless.
        trace: every rule that was evaluated.
        packs: the packs whose rules took part.
        as_of: the fact `as_of`, if it was given.
    """

    outcome: Outcome
    provisions: tuple[str, ...]
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    obligations: tuple[Obligation, ...]
    trace: tuple[TraceEntry, ...]
    packs: tuple[PackRef, ...]
    as_of: str | None = None

    @property
    def permitted(self) -> bool:
        """Whether the act is permitted."""
        return self.outcome == "permit"

    def in_language(self, language: str) -> "Decision":
        """Say it in one language: reasons, remedies and obligations, in English where there is no such text.

        Args:
            language: ISO 639 code (`kk`, `ru`, `en`).

        Returns:
            The same decision, whose texts are in that language alone.
        """
        return msgspec.structs.replace(
            self,
            reasons=tuple(in_language(reason, language) for reason in self.reasons),
            remedies=tuple(in_language(remedy, language) for remedy in self.remedies),
            obligations=tuple(in_language(obligation, language) for obligation in self.obligations),
        )

    @property
    def explanation(self) -> Explanation:
        """Every provision that applied, permitted, denied and obliged."""

        def of(*outcomes: str) -> tuple[str, ...]:
            found = (entry.rule for entry in self.trace if not outcomes or entry.outcome in outcomes)
            return tuple(dict.fromkeys(rule.partition("#")[0] for rule in found))

        permitting = self.provisions if self.permitted else ()
        return Explanation(
            applied=of(),
            permitted=tuple(dict.fromkeys((*of("permitted"), *permitting))),
            denied=of("denied"),
            obliged=of("obliged"),
        )

    def record(self) -> bytes:
        """Encode for the record: in English, and of the trace only the rules that had an effect.

        Which rules had none follows from the facts and the pack, whose hash is in the record.
        """
        effective = tuple(entry for entry in self.trace if entry.outcome not in _WITHOUT_EFFECT)
        recorded = msgspec.structs.replace(self.in_language("en"), trace=effective)
        return msgspec.json.encode(recorded, order="deterministic")

    def to_json(self) -> bytes:
        """Encode as JSON, with its `explanation`: the same decision always gives the same bytes."""
        told = msgspec.structs.asdict(self) | {"explanation": self.explanation}
        return msgspec.json.encode(told, order="deterministic")


def in_language(said: Told, language: str) -> Told:
    """One reason, remedy, obligation or change in one language, in English where there is no such text.

    Args:
        said: what has a `text`, and `texts` in further languages.
        language: ISO 639 code.
    """
    if said.texts is None:
        return said
    text = getattr(said.texts, language, None) or said.text
    return msgspec.structs.replace(said, text=text, texts=None)  # type: ignore[type-var]
