"""JSON from clients, read strictly: into a declared type, no unknown member, no member twice."""

import json
from typing import Any, Generic, TypeVar

import msgspec

from gateway.api.refusals import Malformed
from gateway.errors import Invalid
from gateway.exchange.manifest import placed

Read = TypeVar("Read")


class JsonReader(Generic[Read]):
    """Reads one type of document.

    Args:
        kind: a msgspec Struct, or another type msgspec reads.
    """

    def __init__(self, kind: type[Read]) -> None:
        self._decoder = msgspec.json.Decoder(kind)

    def read(self, data: bytes) -> Read:
        """Read a document.

        Raises:
            Malformed: not JSON, or a member is written twice (readers would differ on which one counts).
            Invalid: a member is missing, unknown or of the wrong form; its place is named.
        """
        try:
            document = self._decoder.decode(data)
            json.loads(data, object_pairs_hook=_no_repeats)
        except msgspec.ValidationError as error:
            # A wrong key of an object is reported with the object's place.
            raise Invalid([placed(str(error).replace("at `key` in `$", "at `$"), "")]) from error
        except (msgspec.DecodeError, ValueError) as error:
            raise Malformed("the body is not JSON") from error
        except RecursionError as error:
            raise Malformed("the body is nested too deeply") from error
        return document


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("a member of the body is written twice")
    return members
