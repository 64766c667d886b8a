"""Cursors of pages: opaque, and bound to the client and the list they were given for.

Bare row numbers would tell a client, by their gaps, how much there is that it may not know of.
"""

from gateway.errors import Invalid
from gateway.exchange.node import Node
from keys import b64
from keys.errors import CanonicalError, CustodyError
from keys.wrapping import unwrap_key, wrap_key

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
_WIDTH = 32


def seal_cursor(node: Node, client: str, listing: str, at: int) -> str:
    """A position in a list as text that only this client can use, and only for this list."""
    return b64.encode(wrap_key(_key(node, client, listing), at.to_bytes(_WIDTH, "big")))


def open_cursor(node: Node, client: str, listing: str, text: str | None) -> int:
    """The position in a cursor; the beginning for None. Raises `Invalid` for a foreign or broken one."""
    if text is None:
        return 0
    try:
        return int.from_bytes(unwrap_key(_key(node, client, listing), b64.decode(text)), "big")
    except (CanonicalError, CustodyError) as error:
        raise Invalid([("/cursor", "is not a cursor of this list")]) from error


def read_limit(text: str | None) -> int:
    """The `limit` of a page; raises `Invalid` unless it is 1 to 200."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise Invalid([("/limit", f"is a number from 1 to {MAX_LIMIT}")])
    return int(text)


def _key(node: Node, client: str, listing: str) -> bytes:
    return node.case_keys.digest(f"api/cursor\x00{listing}\x00{client}".encode())
