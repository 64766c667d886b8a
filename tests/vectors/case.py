"""The shape of a vector, and raw signatures as only an attacker would make them."""

import hmac
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from keys import b64

Case: TypeAlias = dict[str, Any]
Document: TypeAlias = dict[str, Any]
EDDSA = {"alg": "EdDSA"}
UNENCODED = {"b64": False, "crit": ["b64"]}


def accept(name: str, **given: Any) -> Case:
    """A case that must be accepted; the generator adds what it yields."""
    return {"name": name, "expect": "accept", "input": given}


def refuse(name: str, **given: Any) -> Case:
    """A case that must be refused; the generator adds the cause."""
    return {"name": name, "expect": "refuse", "input": given}


def compact(value: object) -> bytes:
    """JSON in the order given and without spaces: canonical only if the caller's order is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def flipped(data: bytes, at: int) -> bytes:
    """The bytes with the lowest bit of one of them turned over."""
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def raw_jws(header: bytes, payload: bytes, sign: Callable[[bytes], bytes], *, detached: bool = True) -> str:
    """A compact JWS with any header bytes; detached means RFC 7797 with the payload as it is."""
    first = b64.encode(header)
    middle = "" if detached else b64.encode(payload)
    signed = first.encode() + b"." + (payload if detached else middle.encode())
    return f"{first}.{middle}.{b64.encode(sign(signed))}"


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA-256 as a signature: the confusion of a public key with a shared secret."""
    return lambda message: hmac.digest(secret, message, "sha256")
