"""Recognising a grade through noise, in the place of a marking only.

Recognition of scans, keyboards and people swap look-alike characters and lose or double one. A whole line
(or field) that is a grade up to a bounded number of such slips is that grade. Nothing here is ever applied to
running text, where near-grades are ordinary words.
"""

from collections.abc import Iterable, Mapping

from gateway.inspection.folding import LOOSE_MIN, loosened
from gateway.inspection.lines import CYRILLIC_DIGITS

_LATIN_DIGITS = str.maketrans(
    {"0": "o", "3": "e", "4": "a", "1": "i", "5": "s", "7": "t", "8": "b", "$": "s"}
)
_LATIN_DIGITS_L = str.maketrans(
    {"0": "o", "3": "e", "4": "a", "1": "l", "5": "s", "7": "t", "6": "g", "9": "g"}
)
# Groups of letters that scans confuse.
_GROUPS = (
    "oceөqэ0",
    "hиплцnuй",
    "шщw",
    "зэ3",
    "ьъыbв86б",
    "il1jf",
    "tгr7",
    "kxжк",
    "yvчu4",
    "aдя@",
    "s5",
    "pфр",
    "mм",
)
_BLURRED = {ord(letter): group[0] for group in reversed(_GROUPS) for letter in group}
_BLUR_MIN, _SLIP_MIN, _TWO_SLIPS_MIN, _MAX = 7, 6, 13, 48
_GRAM, _EDGE, _LONG = 4, 3, 9


class Near:
    """Finds the grade that a short folded text is, or nearly is.

    Args:
        forms: compact folded writing -> what to return for it.
        plain: those of the forms that count only as they are written (a denial of secrecy must be clear).

    """

    def __init__(self, forms: Mapping[str, str], plain: frozenset[str]) -> None:
        self._exact = dict(forms)
        self._loose = {loosened(form): name for form, name in forms.items() if len(form) >= LOOSE_MIN}
        self._blurred: dict[str, str] = {}
        self._slips: dict[str, str] = {}
        self._grams: dict[str, set[str]] = {}
        self._edges: set[str] = set()
        for form, value in forms.items():
            if form not in plain and ord(max(form)) < 0x600:
                self._add(form, value)

    def exact(self, letters: str) -> str | None:
        """The grade these letters are, digits read as the letters they resemble."""
        if letters in self._exact:
            return self._exact[letters]
        if letters.isdigit() or len(letters) > _MAX:
            return None
        for reading in _readings(letters):
            found = self._exact.get(reading) or self._loose.get(loosened(reading))
            if found is not None:
                return found
        return None

    def find(self, letters: str) -> str | None:
        """The grade these letters are up to confusable letters and one slip, or two in long ones."""
        if not 2 <= len(letters) <= _MAX:
            return None
        found = self.exact(letters)
        if found is not None or len(letters) < _SLIP_MIN - 1 or letters.isdigit():
            return found
        for reading in _readings(letters):
            found = self._blurred.get(reading.translate(_BLURRED)) or self._one_slip(reading)
            if found is None and len(reading) >= _TWO_SLIPS_MIN - 2:
                found = self._two_slips(reading)
            if found is not None:
                return found
        return None

    def _add(self, form: str, value: str) -> None:
        if len(form) >= _BLUR_MIN:
            self._blurred.setdefault(form.translate(_BLURRED), value)
        if len(form) >= _SLIP_MIN:
            self._edges.update((form[:_EDGE], form[-_EDGE:]))
            for slipped in _one_away(form):
                self._slips.setdefault(slipped, form)
        if len(form) >= _TWO_SLIPS_MIN:
            third = len(form) // 3
            for start in (0, third, 2 * third):
                self._grams.setdefault(form[start : start + _GRAM], set()).add(form)

    def _one_slip(self, letters: str) -> str | None:
        if letters[:_EDGE] not in self._edges and letters[-_EDGE:] not in self._edges:
            return None  # one slip leaves one of the two as it was
        form = self._slips.get(letters)
        if form is not None and _one_slip_apart(letters, form):
            return self._exact[form]
        for index in range(len(letters)):
            shorter = letters[:index] + letters[index + 1 :]
            form = (self._exact.get(shorter) and shorter) or self._slips.get(shorter)
            if form is not None and len(form) >= _SLIP_MIN and _one_slip_apart(letters, form):
                return self._exact[form]
        return None

    def _two_slips(self, letters: str) -> str | None:
        seen: set[str] = set()
        for start in range(len(letters) - _GRAM + 1):
            for form in self._grams.get(letters[start : start + _GRAM], ()):
                if form in seen or abs(len(form) - len(letters)) > 2:
                    continue
                seen.add(form)
                if _distance(letters, form, 2) <= 2:
                    return self._exact[form]
        return None


def _readings(letters: str) -> list[str]:
    """The letters as they stand and, if there are digits among them, with the letters digits resemble."""
    if letters.isalpha():
        return [letters]
    tables = (CYRILLIC_DIGITS, _LATIN_DIGITS, _LATIN_DIGITS_L)
    return list(dict.fromkeys([letters, *(letters.translate(table) for table in tables)]))


def _one_away(form: str) -> Iterable[str]:
    """The form and all that one lost letter makes of it; a swapped letter has these in common with it."""
    yield form
    for index in range(len(form)):
        yield form[:index] + form[index + 1 :]


def _one_slip_apart(letters: str, form: str) -> bool:
    """One letter lost, doubled, exchanged or two neighbours swapped, but never only the word's ending.

    Endings make other words of the same stem ("secrets", "жашыруу").
    """
    if len(letters) > len(form):
        return _distance(letters, form, 1) == 1 and letters[-1] == form[-1] and letters[0] == form[0]
    if letters[-1].translate(_BLURRED) != form[-1].translate(_BLURRED) and len(form) < _LONG:
        return False
    if letters[0] != form[0] and len(form) < _BLUR_MIN:
        return False
    if len(letters) == len(form):
        differing = [
            index for index, pair in enumerate(zip(letters, form, strict=True)) if pair[0] != pair[1]
        ]
        swapped = (
            len(differing) == 2
            and differing[1] == differing[0] + 1
            and (letters[differing[0]] + letters[differing[1]] == form[differing[1]] + form[differing[0]])
        )
        return len(differing) <= 1 or swapped
    return _distance(letters, form, 1) <= 1


def _distance(one: str, other: str, most: int) -> int:
    """Levenshtein distance, or more than `most` once it is sure to be more (Myers 1999, bit-parallel)."""
    peq: dict[str, int] = {}
    for index, letter in enumerate(one):
        peq[letter] = peq.get(letter, 0) | 1 << index
    length, last = len(one), 1 << (len(one) - 1)
    everything = (1 << length) - 1
    positive, negative, score = everything, 0, length
    for index, letter in enumerate(other, 1):
        equal = peq.get(letter, 0)
        vertical = equal | negative
        horizontal = (((equal & positive) + positive) ^ positive) | equal
        plus, minus = negative | ~(horizontal | positive), positive & horizontal
        score += bool(plus & last) - bool(minus & last)
        if score - (len(other) - index) > most:
            return most + 1
        plus, minus = (plus << 1 | 1) & everything, minus << 1 & everything
        positive, negative = minus | ~(vertical | plus) & everything, plus & vertical
    return score
