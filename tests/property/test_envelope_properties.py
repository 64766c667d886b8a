"""For all parts: an envelope gives back what was sealed, and with any bit flipped it fails in one way."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.encryption import EncryptionPrivateKey
from keys.envelope import begin_open, begin_seal, open_part, seal_part
from keys.errors import OpenFailed

PRIVATE = EncryptionPrivateKey.generate()
ENVELOPE = "0190f3a1-7c2e-7b44-8d11-3a5b6c7d8e9f"
SIZES = st.sampled_from([0, 1, 15, 16, 17, 255, 4096, 65535, 65536, 65537]) | st.integers(0, 3000)
PARTS = st.lists(SIZES.map(os.urandom), min_size=1, max_size=6)


def sealed(parts: list[bytes]) -> tuple[bytes, bytes, list[bytes]]:
    header = begin_seal("ru/mia", PRIVATE.public, ENVELOPE, [len(part) for part in parts], os.urandom)
    return header.header, header.wrap, [seal_part(header, index, part) for index, part in enumerate(parts)]


def opened(header: bytes, wrap: bytes, ciphertexts: list[bytes], recipient: str = "ru/mia") -> list[bytes]:
    found = begin_open(header, wrap, recipient, lambda kid: PRIVATE if kid == PRIVATE.kid else None)
    return [bytes(open_part(found, index, one)) for index, one in enumerate(ciphertexts)]


@settings(max_examples=40, deadline=None)
@given(PARTS)
def test_what_was_sealed_opens(parts: list[bytes]) -> None:
    assert opened(*sealed(parts)) == parts


@settings(max_examples=100, deadline=None)
@given(PARTS, st.data())
def test_any_bit_flipped_fails_in_one_way(parts: list[bytes], draws: Any) -> None:
    header, wrap, ciphertexts = sealed(parts)
    pieces = [header, wrap, *ciphertexts]
    piece = draws.draw(st.sampled_from([index for index, data in enumerate(pieces) if data]))
    place = draws.draw(st.integers(0, len(pieces[piece]) * 8 - 1))
    flipped = bytearray(pieces[piece])
    flipped[place // 8] ^= 1 << place % 8
    pieces[piece] = bytes(flipped)
    with pytest.raises(OpenFailed) as failed:
        opened(pieces[0], pieces[1], pieces[2:])
    with pytest.raises(OpenFailed) as other:
        opened(header, wrap, ciphertexts, recipient="tm/mia")
    assert str(failed.value) == str(other.value)


@settings(max_examples=40, deadline=None)
@given(st.lists(SIZES.map(os.urandom), min_size=2, max_size=6), st.data())
def test_parts_do_not_open_in_another_place(parts: list[bytes], draws: Any) -> None:
    header, wrap, ciphertexts = sealed(parts)
    first, second = draws.draw(st.permutations(range(len(parts))))[:2]
    ciphertexts[first], ciphertexts[second] = ciphertexts[second], ciphertexts[first]
    with pytest.raises(OpenFailed):
        opened(header, wrap, ciphertexts)


@settings(max_examples=40, deadline=None)
@given(PARTS, st.data())
def test_a_part_cut_short_or_drawn_out_does_not_open(parts: list[bytes], draws: Any) -> None:
    header, wrap, ciphertexts = sealed(parts)
    index = draws.draw(st.integers(0, len(parts) - 1))
    cut = draws.draw(st.integers(0, len(ciphertexts[index]) - 1))
    for changed in (ciphertexts[index][:cut], ciphertexts[index] + b"\x00"):
        with pytest.raises(OpenFailed):
            opened(header, wrap, [*ciphertexts[:index], changed, *ciphertexts[index + 1 :]])
