"""Canonical standard base64 (RFC 4648 section 4): one text per byte string, nothing else accepted."""

import binascii


def encode(data: bytes) -> str:
    """Padded base64 without a line end."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode(text: str) -> bytes:
    """Inverse of `encode`; raises `ValueError` for any other spelling (spaces, padding, stray low bits)."""
    data = binascii.a2b_base64(text, strict_mode=True)
    if encode(data) != text:
        raise ValueError("not the canonical base64 of its bytes")
    return data
