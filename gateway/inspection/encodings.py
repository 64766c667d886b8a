"""Bytes to text when nobody says truly which encoding it is: every plausible reading is a reading.

A marking must not hide behind a wrong guess, so bytes that are not Unicode are read in each encoding of the
region that they are valid in, and in the one that charset-normalizer prefers.
"""

import codecs
import re

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REGIONAL = (
    "windows-1251",
    "koi8-r",
    "kz1048",
    "cp866",
    "iso8859-5",
    "mac-cyrillic",
    "ptcp154",
    "koi8-t",
    "gb18030",
    "windows-1256",
    "iso8859-6",
    "windows-1254",
    "big5",
)
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_C1 = re.compile(r"[\x80-\x84\x86-\x9f]")
_READABLE = re.compile(r"[^\W_][\w .,:;/()-]{3,}")
_UTF7 = re.compile(rb"\+[A-Za-z0-9+/]{6,}")
_SAMPLE = 4096
_MAX_CONTROL_SHARE = 0.001


def decodings(data: bytes) -> list[str]:
    """Return every plausible text of some bytes, the likeliest first; none if they are not text at all."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _one(data, encoding)
    if b"\0" in data:
        return [text for encoding in _WIDE for text in _one(data, encoding, wide=True)]
    texts = _one(data, "utf-8")
    if texts:
        return texts + _escaped_bytes(data)
    return _legacy(data)


def readable_runs(data: bytes) -> str:
    """Return the words between the binary, a run a line: in UTF-8, UTF-16 of any alignment, windows-1251."""
    texts = [data[skip:].decode("utf-16-le", "ignore") for skip in (0, 1)]
    texts += [data.decode("utf-8", "ignore"), data.decode("windows-1251", "ignore")]
    return "\n".join(dict.fromkeys(run for text in texts for run in _READABLE.findall(text)))


def _legacy(data: bytes) -> list[str]:
    texts: list[str] = []
    guess = from_bytes(data[:_SAMPLE]).best() if any(byte >= 0x80 for byte in data[:_SAMPLE]) else None
    preferred = [guess.encoding] if guess is not None else []
    for encoding in dict.fromkeys((*preferred, *_REGIONAL)):
        texts += [text for text in _one(data, encoding) if text not in texts and not _C1.search(text)]
    texts += [text for text in _one(data, "utf-16-le", wide=True) if _plausible_wide(text)]
    if texts or _few_controls(data.decode("latin-1")):
        texts.append(data.decode("utf-8", errors="replace"))
    return texts


def _escaped_bytes(data: bytes) -> list[str]:
    """Seven-bit encodings look like ASCII: UTF-7 and HZ."""
    texts = []
    if _UTF7.search(data):
        texts += _one(data, "utf-7")
    if b"~{" in data:
        texts += _one(data, "hz")
    return [text for text in texts if not text.isascii()]


def _one(data: bytes, encoding: str, *, wide: bool = False) -> list[str]:
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError):
        return []
    if wide and not _plausible_wide(text):
        return []
    return [text] if _few_controls(text) else []


def _few_controls(text: str) -> bool:
    if "\0" in text:
        return False
    return len(_CONTROLS.findall(text)) <= len(text) * _MAX_CONTROL_SHARE


def _plausible_wide(text: str) -> bool:
    """UTF-16 of the wrong byte order, or of other bytes, falls into scripts that nobody here writes."""
    sample = text[:_SAMPLE]
    known = sum(
        c < "\u0700" or "\u2000" <= c < "\u2100" or "\u3000" <= c < "\ua000" or c > "\uff00" for c in sample
    )
    common = sum(c in " \n\t.,-、。，" for c in sample)
    return known >= len(sample) * 0.9 and (common > 0 or len(sample) < 64)
