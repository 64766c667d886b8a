"""Plain text and CSV, in every plausible encoding, and with the escapes that hide letters undone."""

import html
import re

from gateway.inspection.formats.armoured import read_armoured
from gateway.inspection.gathering import Gathering
from gateway.inspection.verdict import Channel

_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ENTITY = re.compile(r"&(#x?[0-9a-fA-F]{2,6}|[A-Za-z]{3,8});")


def read_plain(
    texts: list[str], into: Gathering, channel: Channel = "text", place: str = "text", *, armour: bool = True
) -> None:
    """Keep a text in each of its readings, the likeliest first; `armour`: look for files in base64, too."""
    if texts and armour:
        read_armoured(texts[0], into)
    for number, text in enumerate(texts):
        into.add(text, channel, place if number == 0 else f"{place} (other encoding)")
        for variant in unescaped(text):
            into.add(variant, channel, f"{place} (unescaped)")


def unescaped(text: str) -> list[str]:
    r"""Return the text without `\uXXXX` and character references, if it has any that stand for letters."""
    variants = []
    if _JSON_ESCAPE.search(text):
        plain = _JSON_ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)
        variants.append(plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    if _ENTITY.search(text):
        variants.append(html.unescape(text))
    return variants
