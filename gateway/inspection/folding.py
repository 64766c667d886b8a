"""Folding: writings that look alike become the same text.

Compatibility forms (full width, presentation forms, mathematical and enclosed letters) are taken apart,
case, accents and everything invisible go, and a letter that looks like one of another script becomes it:
Cyrillic "С", Latin "C" and Greek lunate sigma are one letter here. The patterns of the lexicon are folded by
this very function, so only likeness counts, never the script a writer's keyboard was in.

A line break stays one line break, so lines keep their numbers; `fold_with_origins` also keeps columns.
"""

import re
import unicodedata

# What each letter looks like, after decomposition and upper case. Unicode's own confusables table has some
# thousands of rows, most of them between scripts that no marking is written in.
_LOOKS = {
    # Cyrillic
    **dict(zip("АВЕЅІЈКМНОРСТУХҮҰҺӨҚҢӘҒҲҶҜҠҪҮӀԚԜҸҞ", "abesijkmhopctyxyyhokheгxчkkcyiqwчk", strict=True)),
    **dict(zip("ЪЁЍЙҐЇЎӢӮӐӒӖӚӘӦӰӲӴҘҖӁӜ", "ъeиигiyиyaaeaaoyyчзжжж", strict=True)),
    # Latin letters that decomposition leaves whole
    **dict(zip("ƏØĐĦŁŊÐŦȺɆƗƵ", "eodhlhdtaeiz", strict=True)),
    "ß": "ss",
    "ẞ": "ss",
    "Æ": "ae",
    "Œ": "oe",
    "Þ": "p",
    "ı": "i",
    # Greek
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΣϹΓΛΦ", "abezhikmnoptyxccглф", strict=True)),
    # small capitals
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢᴦᴧᴨᴩᴫ", "abcdefghijklmnopqrstuvwyzглпpл", strict=True)),
    # Arabic letters that differ between keyboards, and hamza seats
    **dict.fromkeys("ىیې", "ي"),
    **dict.fromkeys("کڪ", "ك"),
    **dict.fromkeys("ةھہ", "ه"),
    "ٱ": "ا",
}
_SIGNS = {
    **dict.fromkeys("«»“”„‟″〝〞「」『』《》〈〉‹›❝❞＂", '"'),
    **dict.fromkeys("'‘’‚‛`´ʻʼʹˈ′‵ʽʾʿ՚＇", "'"),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－⁃─━╌", "-"),
    **dict.fromkeys("★☆✩✪✫✬✭✮✯✰⭐✱✲✳⁎∗﹡＊٭", "*"),
    **dict.fromkeys("【〔〖〘", "["),
    **dict.fromkeys("】〕〗〙", "]"),
    "№": "#",
    "¥": "y",  # what recognition makes of Kazakh "Ұ"
    **dict.fromkeys("·•∙⋅・‧●◦▪", "·"),
    **dict.fromkeys("،、﹐", ","),
    **dict.fromkeys("؛", ";"),
    **dict.fromkeys("؟", "?"),
    **dict.fromkeys("。｡۔", "."),
    **dict.fromkeys("|¦│┃║￨❘", "|"),
    "ـ": "",  # tatweel only stretches a word
    "\u3164": "",
    "\u115f": "",
    "\u1160": "",
    "\uffa0": "",
    "\u2800": " ",
    "\ufffd": "",
}
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Mc", "Cc", "Cn", "Co", "Cs"})
_BREAKS = frozenset("\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
_KNOWN_CODE_POINTS = 20_000
_REGIONAL_A, _REGIONAL_Z = 0x1F1E6, 0x1F1FF
_NEGATIVE_LETTERS = ((0x1F150, 0x1F169), (0x1F170, 0x1F189))
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f`]")
_ONE_BREAK = re.compile("\r\n?|[\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")


def fold_character(character: str) -> str:
    """Return what one code point looks like: nothing, one or a few characters."""
    if character in _BREAKS:
        return "\n"
    if character in _SIGNS:
        return _SIGNS[character]
    if character in _LOOKS:
        return _LOOKS[character]
    if character.isascii():
        return character.lower() if character.isprintable() else "\t" if character == "\t" else ""
    return _enclosed(ord(character)) or "".join(map(_fold_part, _taken_apart(character)))


def _taken_apart(character: str) -> str:
    # Upper case before likeness: "н" looks like "h" only as a capital. Titled twice because decomposition
    # and case mapping each yield what the other has to see.
    upper = unicodedata.normalize("NFKD", character).upper()
    return unicodedata.normalize("NFKD", upper)


def _fold_part(part: str) -> str:
    if part in _SIGNS:
        return _SIGNS[part]
    if part in _LOOKS:
        return _LOOKS[part]
    if part.isspace():
        return " "
    category = unicodedata.category(part)
    if category in _INVISIBLE:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(part))
    return part.lower()


def _enclosed(code: int) -> str:
    if _REGIONAL_A <= code <= _REGIONAL_Z:
        return chr(ord("a") + code - _REGIONAL_A)
    for first, last in _NEGATIVE_LETTERS:
        if first <= code <= last:
            return chr(ord("a") + code - first)
    return ""


class _Table(dict[int, str]):
    """Filled as code points turn up. Bounded, so that no input makes the process grow."""

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        if len(self) < _KNOWN_CODE_POINTS:
            self[code] = folded
        return folded


_TABLE = _Table()


def one_break(text: str) -> str:
    """Return the text with every kind of line and page break as one LF."""
    return _ONE_BREAK.sub("\n", text)


def fold(text: str) -> str:
    """Return the folded text; it has as many line breaks as `one_break(text)`."""
    if text.isascii() and not _CONTROL.search(text):
        return text.lower()  # the same, several times faster
    return text.translate(_TABLE)


def fold_with_origins(line: str) -> tuple[str, list[int]]:
    """Fold one line and tell for each character of the result the index it came from."""
    pieces: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(line):
        folded = _TABLE[ord(character)]
        pieces.append(folded)
        origins.extend([index] * len(folded))
    return "".join(pieces), origins


LOOSE_MIN = 5
"""Letters a word must have for small letters to be told apart loosely."""
_ALIKE = ("иiu", "пnp", "гr")
_LOOSENED = {ord(letter): group[0] for group in _ALIKE for letter in group}
_CLASSES = {letter: f"[{group}]" for group in _ALIKE for letter in group}


def loosened(letters: str) -> str:
    """Fold small letters that only a mixed keyboard or a slanted face confuses ("и", "i", "u")."""
    return letters.translate(_LOOSENED)


def loose_class(letter: str) -> str | None:
    """The expression for a letter and those it may be confused with, if there are any."""
    return _CLASSES.get(letter)


def compact(folded: str) -> str:
    """Return only the letters and digits of a folded text."""
    return "".join(filter(str.isalnum, folded))
