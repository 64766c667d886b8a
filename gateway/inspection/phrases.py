"""Phrases of the lexicon compiled into one regular expression.

The alternatives share their beginnings (a trie), so that trying them all at a word's start costs about as
much as trying one; every gap is bounded, so that matching is linear in the text.
"""

import re
from collections.abc import Iterable
from typing import TypeAlias

from gateway.inspection.folding import LOOSE_MIN, compact, fold, loose_class

_Trie: TypeAlias = dict[str, "_Trie"]

NUMBER = r"(?:\d{1,6}(?:[ ]?[/-][ ]?\d{1,6})?|_{1,12})"
ENDING = r"[^\W\d_]{0,20}"
FORM_GAP = r"[ \t.\-_:/'*+&\\]{0,4}"
"""What may stand between the words of a grade."""
PHRASE_GAP = r"[ \t.\-_]{0,3}"
_END = ""
_PARTS = re.compile(r"\{n\}|\s+|.")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_NOT_LETTER_BEFORE = r"(?<![^\W\d_])"
_NOT_LETTER_AFTER = r"(?![^\W\d_])"


def phrases(texts: Iterable[str], gap: str = PHRASE_GAP, *, loose: bool = False) -> re.Pattern[str]:
    """Compile phrases, folded, as whole words.

    Args:
        texts: `*` ends a word with any ending, `{n}` is a number.
        gap: expression for what separates words.
        loose: letters that small letters are confused with stand for them.

    """
    worded: _Trie = {}
    unworded: _Trie = {}
    for text in texts:
        atoms = _atoms(text, gap, loose=loose and len(compact(fold(text))) >= LOOSE_MIN)
        _insert(unworded if _IDEOGRAPH.search(text) else worded, atoms)
    choices = []
    if worded:
        choices.append(_NOT_LETTER_BEFORE + _expression(worded) + _NOT_LETTER_AFTER)
    if unworded:
        # Chinese does not separate words.
        choices.append(_expression(unworded))
    body = "|".join(choices) or r"(?!)"
    return re.compile(body)


def _atoms(text: str, gap: str, *, loose: bool) -> list[str]:
    atoms: list[str] = []
    for part in _PARTS.findall("{n}".join(fold(piece) for piece in text.split("{n}"))):
        if part == "{n}":
            atoms.append(NUMBER)
        elif part == "*":
            atoms.append(ENDING)
        elif part == "#":
            atoms.append(r"(?:#|no\.?|n\.?)?")
        elif part == "'":
            atoms.append("'?")
        elif part.isalnum():
            atoms.append((loose_class(part) if loose else None) or re.escape(part))
        elif not atoms or atoms[-1] != gap:
            atoms.append(gap)
    while atoms and atoms[-1] == gap:
        atoms.pop()
    return atoms


def _insert(trie: _Trie, atoms: list[str]) -> None:
    for atom in atoms:
        trie = trie.setdefault(atom, {})
    trie[_END] = {}


def _expression(trie: _Trie) -> str:
    """Longest first: a branch that goes on is tried before the end."""
    branches = [re_atom + _expression(rest) for re_atom, rest in trie.items() if re_atom != _END]
    if not branches:
        return ""
    if _END in trie:
        return "(?:" + "|".join(branches) + ")?"
    return branches[0] if len(branches) == 1 else "(?:" + "|".join(branches) + ")"
