"""A lexicon compiled for search."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.inspection.folding import compact, fold, loosened
from gateway.inspection.lexicon.document import Context, Document, Marking
from gateway.inspection.near import Near
from gateway.inspection.phrases import FORM_GAP, phrases

_REGISTRATION = r"\d{1,6}(?:[/\-](?:\d{1,6}|[^\W\d_]{1,4})){0,5}?"
_ARABIC = re.compile("[\u0600-\u06ff]")


@dataclass(frozen=True, slots=True)
class Words:
    """The context lists, each as one expression."""

    label: re.Pattern[str]
    copy: re.Pattern[str]
    beside: re.Pattern[str]
    mention: re.Pattern[str]
    declassified: re.Pattern[str]
    itself: re.Pattern[str]
    copula: re.Pattern[str]
    denial: re.Pattern[str]
    block: re.Pattern[str]
    enclosure: re.Pattern[str]
    sheets: re.Pattern[str]
    choice: re.Pattern[str]
    title: re.Pattern[str]
    register: re.Pattern[str]
    number_of: re.Pattern[str]
    board: re.Pattern[str]
    board_word: re.Pattern[str]
    either: re.Pattern[str]
    asking: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What inspection searches with.

    `version` and `digest` (SHA-256 of the file, hex) identify it in the log. `grade` finds full writings,
    also those that deny secrecy; `named` turns what it found into the marking; `numbered` finds where a
    number with a grade's suffix may end, `registration` the whole of it.
    """

    version: str
    digest: str
    grade: re.Pattern[str]
    short: dict[str, Marking]
    suffix: dict[str, Marking]
    numbered: re.Pattern[str]
    registration: re.Pattern[str]
    words: Words
    near: Near
    _markings: dict[str, Marking] = field(repr=False)
    _by_form: dict[str, Marking] = field(repr=False)
    beginnings: frozenset[str] = field(repr=False)

    def named(self, found: str) -> Marking:
        """The marking of a match of `grade`."""
        return self._by_form[loosened(compact(found))]

    def nearly(self, letters: str) -> Marking | None:
        """The marking that these compact letters are, or are up to noise."""
        name = self.near.find(letters)
        return None if name is None else self._markings[name]

    def exactly(self, letters: str) -> Marking | None:
        """The marking that these compact letters are."""
        name = self.near.exact(letters)
        return None if name is None else self._markings[name]


def compile_lexicon(document: Document, digest: str) -> Lexicon:
    """Compile a lexicon. `digest`: SHA-256 of the file it came from, as hex."""
    by_form: dict[str, Marking] = {}
    texts: list[str] = []
    for marking in document.markings:
        for form in marking.forms:
            texts.append(form)
            by_form.setdefault(compact(fold(form)), marking)
    reversed_forms = {form[::-1]: marking for form, marking in by_form.items() if _ARABIC.search(form)}
    suffixes = _alternatives(suffix for marking in document.markings for suffix in marking.suffix)
    names = {form: marking.marking for form, marking in {**reversed_forms, **by_form}.items()}
    return Lexicon(
        version=document.version,
        digest=digest,
        grade=phrases(texts, FORM_GAP, loose=True),
        short=_keyed(document, "short"),
        suffix=_keyed(document, "suffix"),
        numbered=_numbered(suffixes),
        registration=_registration(document, suffixes),
        words=_words(document.context),
        near=Near(names, frozenset(form for form, marking in by_form.items() if marking.verdict == "none")),
        _markings={marking.marking: marking for marking in document.markings},
        _by_form={loosened(form): marking for form, marking in reversed(by_form.items())},
        beginnings=frozenset(form[:end] for form in names for end in range(1, len(form))),
    )


def _alternatives(texts: Iterable[str]) -> str:
    return "|".join(sorted({re.escape(fold(text)) for text in texts}, key=len, reverse=True)) or "(?!)"


def _numbered(suffixes: str) -> re.Pattern[str]:
    return re.compile(rf"\d[ ]?[/\-]?[ ]?(?:{suffixes})(?![^\W_])")


def _registration(document: Document, suffixes: str) -> re.Pattern[str]:
    """Groups: the register's name and the number sign, if any; number; gap; suffix."""
    return re.compile(
        rf"(?:(?<![^\W_])(?P<register>{_alternatives(document.context.register)})\.?[ \t]{{0,2}})?"
        rf"(?P<sign>#|no\.|(?<![^\W_])n)?[ \t]{{0,2}}(?<![^\W_/\-])(?P<number>{_REGISTRATION})"
        rf"(?P<gap>[ ]?[/\-]?[ ]?)(?P<suffix>{suffixes})(?![^\W_])"
    )


def _keyed(document: Document, which: str) -> dict[str, Marking]:
    found: dict[str, Marking] = {}
    for marking in document.markings:
        for writing in getattr(marking, which):
            found.setdefault(compact(fold(writing)), marking)
    return found


def _words(context: Context) -> Words:
    return Words(**{name: phrases(getattr(context, name)) for name in context.__struct_fields__})
