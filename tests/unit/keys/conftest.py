"""Keys and a small trust list that the tests of this folder share; all from fixed seeds."""

import hashlib
import itertools
from collections.abc import Callable, Iterator

import pytest

from keys.encryption import EncryptionPrivateKey
from keys.jwk import SigningKey, Usage


def stream_of(seed: str) -> Callable[[int], bytes]:
    """Return a source of repeatable bytes for one seed."""
    counter: Iterator[int] = itertools.count()
    return lambda length: hashlib.shake_256(f"{seed}/{next(counter)}".encode()).digest(length)


@pytest.fixture
def make_key() -> Callable[..., SigningKey]:
    def make(usage: Usage, seed: str = "one") -> SigningKey:
        return SigningKey.generate(usage, stream_of(f"{usage}/{seed}"))

    return make


@pytest.fixture
def make_encryption_key() -> Callable[..., EncryptionPrivateKey]:
    def make(seed: str = "one") -> EncryptionPrivateKey:
        return EncryptionPrivateKey.generate(stream_of(f"encryption/{seed}"))

    return make
