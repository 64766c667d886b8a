"""One version of one party's trust list, verified and parsed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from keys import instants
from keys.errors import CanonicalError, TrustError
from keys.jwk import VerifyKey
from keys.trust_entries import Authority, read_authority
from keys.trust_file import TrustFile, open_file


@dataclass(frozen=True, slots=True)
class TrustList:
    """One version of one party's list, verified."""

    party: str
    version: int
    issued: int
    next_update: int
    authorities: Mapping[str, Authority] = field(repr=False)
    by_client_pin: Mapping[str, tuple[Authority, ...]] = field(repr=False)
    data: bytes = field(repr=False)

    @classmethod
    def read(cls, data: bytes, party: str, anchor: VerifyKey) -> "TrustList":
        """Verify and read one file.

        Args:
            data: the signed file.
            party: the party it must be of.
            anchor: that party's trust key.

        Raises:
            TrustError: not signed by the anchor, of another party, malformed, or an entry is unacceptable.

        """
        file = open_file(data, anchor)
        if file.party != party:
            raise TrustError(f"a list of {file.party} where one of {party} is expected")
        issued, next_update = _times(file)
        authorities = {entry.id: read_authority(entry, party, file.version) for entry in file.authorities}
        if len(authorities) != len(file.authorities):
            raise TrustError(f"{party} lists an authority twice")
        listed = MappingProxyType(authorities)
        return cls(party, file.version, issued, next_update, listed, _pins(listed.values()), data)


def _times(file: TrustFile) -> tuple[int, int]:
    try:
        issued, next_update = instants.parse(file.issued), instants.parse(file.next_update)
    except CanonicalError as error:
        raise TrustError("a trust list's times are not instants") from error
    if next_update <= issued:
        raise TrustError("a trust list expires before it is issued")
    return issued, next_update


def _pins(authorities: Iterable[Authority]) -> Mapping[str, tuple[Authority, ...]]:
    found: dict[str, tuple[Authority, ...]] = {}
    for authority in authorities:
        for pin in authority.gateway.client_pins:
            found[pin] = (*found.get(pin, ()), authority)
    return MappingProxyType(found)
