"""ZIP archives: each entry is read as a file of its own; names and comments are text too."""

import re

from gateway.inspection.formats.zip_layout import Entry, Layout, unpack
from gateway.inspection.gathering import Gathering
from gateway.inspection.reasons import Reason

_NAME_ENCODINGS = ("utf-8", "cp866", "windows-1251", "gb18030", "windows-1256")
_UNSAFE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|[\x00-\x1f]")


def read_archive(data: bytes, layout: Layout, into: Gathering) -> None:
    """Read all entries. One that cannot be inspected does not keep the others from being read.

    Raises:
        Uninspectable: limits of the whole file (size, entries).
    """
    into.count_entries(len(layout.entries))
    keep_names(layout, into)
    if not any(not names(entry)[0].endswith("/") for entry in layout.entries):
        into.problem(Reason.ALMOST_NO_TEXT)
    for entry in layout.entries:
        name = names(entry)[0]
        content = unpack(data, entry, into.left_bytes())
        into.expand(len(content), name)
        if content:
            into.inside(content, name)


def keep_names(layout: Layout, into: Gathering) -> None:
    """Keep names and comments in each plausible encoding, and hold names that would escape a folder."""
    found: dict[str, None] = {}
    comments: dict[str, None] = dict.fromkeys(_texts(layout.comment))
    for entry in layout.entries:
        found.update(dict.fromkeys(names(entry)))
        comments.update(dict.fromkeys(_texts(entry.comment)))
        if _UNSAFE.search(names(entry)[0]):
            into.problem(Reason.UNSAFE_NAME, names(entry)[0])
    into.add("\n".join(found), "filename", "entry names")
    into.add("\n".join(comments), "comment", "archive comments")


def names(entry: Entry) -> list[str]:
    """Return the readings of an entry's name, the likeliest first."""
    return _texts(entry.raw_name) or [entry.raw_name.decode("latin-1")]


def _texts(raw: bytes) -> list[str]:
    texts = []
    for encoding in _NAME_ENCODINGS:
        try:
            texts.append(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
        if raw.isascii() or encoding == "utf-8":
            break
    return [text for text in texts if text]
