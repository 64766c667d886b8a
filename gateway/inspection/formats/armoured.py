"""Files written as text inside a text: base64 in a JSON body or a letter, and encrypted blocks."""

import base64
import binascii
import re
from collections.abc import Iterable

from gateway.inspection.gathering import Gathering
from gateway.inspection.kinds import magic_kind
from gateway.inspection.reasons import Reason

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4}(?:\\r|\\n|[\r\n\t ])*){16,}[A-Za-z0-9+/_-]{0,3}={0,2}")
_LINE = re.compile(r"[A-Za-z0-9+/_-]{40}")
_BREAKS = re.compile(r"\\[rn]|\s")
_ENCRYPTED = re.compile(r"-----BEGIN (PGP MESSAGE|PKCS7|CMS|ENCRYPTED PRIVATE KEY)-----")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_MAX_FOUND = 64


def read_armoured(text: str, into: Gathering) -> None:
    """Read files and texts that lie in a text in base64; hold a text with an encrypted block.

    Raises:
        Uninspectable: limits of the whole file.
    """
    if _ENCRYPTED.search(text):
        into.problem(Reason.ENCRYPTED, "armoured block")
    for number, match in enumerate(_runs(text)):
        if number == _MAX_FOUND:
            into.problem(Reason.TOO_MANY_ENTRIES, "base64")
            return
        content = _decoded(match.group())
        if content is not None:
            into.expand(len(content), "base64")
            into.inside(content, f"base64 {number + 1}")


def has_armour(text: str) -> bool:
    """Whether `read_armoured` would find anything to read."""
    return bool(_ENCRYPTED.search(text)) or any(_decoded(match.group()) for match in _runs(text))


def _runs(text: str) -> Iterable[re.Match[str]]:
    """Long runs of base64; where no line has forty characters of it, there is none worth looking for."""
    return _BASE64.finditer(text) if _LINE.search(text) else ()


def _decoded(run: str) -> bytes | None:
    """The content, if it is a file of a known type or a text with words; keys and digests are neither."""
    plain = _BREAKS.sub("", run).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        content = base64.b64decode(plain + "=" * (-len(plain) % 4))
    except binascii.Error:
        return None
    if magic_kind(content) is not None:
        return content
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return content if text.isprintable() or len(_LETTERS.findall(text)) > 2 else None
