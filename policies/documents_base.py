"""The base of everything that is read from a pack's files: unknown keys are refused."""

from msgspec import Struct


class Doc(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that is read from a pack."""
