"""Trust: every kept version of every party's list, resolved as of an instant. No I/O, no clock.

Rules, in the order they apply:

1. A version is in force from its `issued` until a later version is issued, and never after its own
   `next_update`: a list that is withheld goes stale and then nothing of that party is trusted.
2. A version is added only if number and `issued` are above those of the last one kept.
3. An authority, its competence, its offices and its keys are those of the version in force at the instant of
   the act (`created` for what a sender did).
4. A key must moreover still be listed in the version in force at first receipt, by the receiver's clock, and
   no version kept may say that it was revoked by then. So a stolen key cannot backdate: `created` does not
   help once the receiver knew. A key at the end of its time stays listed, with `to`, until the last message
   under it has expired; a version cannot take a revocation back.
"""

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from keys.encryption import EncryptionPublicKey
from keys.epochs import EncryptionEpoch
from keys.errors import OpenFailed, TrustError
from keys.jwk import VerifyKey
from keys.signatures import EPOCH_TYP, peek_kid
from keys.trust_entries import Authority, ListedKey, Official, read_epoch
from keys.trust_list import TrustList

MAX_CLOCK_SKEW_MS = 120_000


class Trust:
    """All lists a node keeps. Immutable; adding a version gives a new one.

    Args:
        lists: per party its versions, oldest first.

    Raises:
        TrustError: versions are not in rising order.

    """

    __slots__ = ("_issued", "_lists", "_revoked")

    def __init__(self, lists: Mapping[str, Sequence[TrustList]]) -> None:
        self._lists = {party: tuple(versions) for party, versions in lists.items() if versions}
        for versions in self._lists.values():
            _check_rising(versions)
        self._issued = {
            party: [version.issued for version in versions] for party, versions in self._lists.items()
        }
        self._revoked = _revocations(self._lists.values())

    @classmethod
    def load(cls, files: Mapping[str, Sequence[bytes]], anchors: Mapping[str, VerifyKey]) -> "Trust":
        """Verify and read all kept files.

        Args:
            files: per party the signed files of all its versions, oldest first.
            anchors: per party the trust key its files must be signed with.

        Raises:
            TrustError: a party without an anchor, a file that does not verify, or versions out of order.

        """
        return cls(
            {
                party: [TrustList.read(data, party, _anchor(anchors, party)) for data in versions]
                for party, versions in files.items()
            }
        )

    def with_file(self, party: str, data: bytes, anchor: VerifyKey, now: int) -> "Trust":
        """Return the trust with one more version of a party's list; with the same file again, itself.

        Args:
            party: the party whose list it is.
            data: the signed file.
            anchor: the party's trust key.
            now: Unix milliseconds.

        Raises:
            TrustError: does not verify, issued in the future, expired, or not above the last version kept.

        """
        kept = self._lists.get(party, ())
        if kept and kept[-1].data == data:
            return self
        new = TrustList.read(data, party, anchor)
        if new.issued > now + MAX_CLOCK_SKEW_MS:
            raise TrustError(f"the list of {party} is from the future")
        if new.next_update <= now:
            raise TrustError(f"the list of {party} has expired")
        return Trust({**self._lists, party: (*kept, new)})

    def in_force(self, party: str, at: int) -> TrustList | None:
        """Return the version of a party's list in force at an instant (Unix milliseconds), if any."""
        position = bisect_right(self._issued.get(party, ()), at)
        if position == 0:
            return None
        version = self._lists[party][position - 1]
        return version if at < version.next_update else None

    def latest(self, party: str) -> TrustList | None:
        """Return the newest version kept of a party's list."""
        versions = self._lists.get(party)
        return versions[-1] if versions else None

    def parties(self) -> tuple[str, ...]:
        """Return the parties whose lists are kept, sorted."""
        return tuple(sorted(self._lists))

    def authorities(self, at: int) -> Iterator[Authority]:
        """Give every authority listed at an instant (Unix milliseconds), by party and id."""
        for party in self.parties():
            version = self.in_force(party, at)
            if version is not None:
                yield from (version.authorities[id_] for id_ in sorted(version.authorities))

    def authority(self, authority: str, at: int) -> Authority | None:
        """Return an authority as listed at an instant (Unix milliseconds), or None if it is not listed."""
        version = self.in_force(authority.partition("/")[0].upper(), at)
        return None if version is None else version.authorities.get(authority)

    def by_client_pin(self, pin: str, at: int) -> tuple[Authority, ...]:
        """Return the authorities whose gateway connects with the certificate of this pin at an instant."""
        found: tuple[Authority, ...] = ()
        for party in self._lists:
            version = self.in_force(party, at)
            if version is not None:
                found += version.by_client_pin.get(pin, ())
        return found

    def seal_key(self, authority: str, kid: str, created: int, first_receipt: int) -> VerifyKey:
        """Return an authority's seal key for a message.

        Args:
            authority: the authority's id.
            kid: the key id the seal names.
            created: when the sender says the message was made (Unix milliseconds).
            first_receipt: when this node (or, verifying later, the counterparty's receipt) first had it.

        Raises:
            OpenFailed: not listed at either instant, out of its time at created, or revoked by first receipt.

        """
        listed = self._listed_authority(authority, created).seal_keys.get(kid)
        if kid not in self._listed_authority(authority, first_receipt).seal_keys:
            raise OpenFailed("a seal key that is not listed at first receipt")
        return self._usable(authority, listed, created, first_receipt)

    def official(self, authority: str, kid: str, at: int, first_receipt: int) -> Official:
        """Return the official whose key signed a message of an authority.

        Args:
            authority: the authority's id.
            kid: the key id the signature names.
            at: when the sender says the message was made (Unix milliseconds).
            first_receipt: as for `seal_key`.

        Raises:
            OpenFailed: as for `seal_key`.

        """
        official = self._listed_authority(authority, at).officials.get(kid)
        if official is None or kid not in self._listed_authority(authority, first_receipt).officials:
            raise OpenFailed("an official's key that is not listed")
        self._usable(authority, official.listed, at, first_receipt)
        return official

    def encryption_key(self, authority: str, at: int) -> EncryptionPublicKey:
        """Return the key to wrap to for an authority at an instant (Unix milliseconds): its newest epoch's.

        Raises:
            TrustError: the authority is not listed, or has no epoch then under a key that is not revoked.

        """
        listed = self.authority(authority, at)
        epochs = [] if listed is None else [epoch for epoch in listed.epochs if epoch.covers(at)]
        usable = [epoch for epoch in epochs if not self._is_revoked(authority, epoch.signer_kid, at)]
        if not usable:
            raise TrustError(f"{authority} has no encryption key at this time")
        return max(usable, key=lambda epoch: (epoch.not_before, epoch.kid)).public

    def epoch(self, authority: str, statement: str, at: int) -> EncryptionEpoch:
        """Verify an epoch that an authority's gateway announced outside the list.

        Raises:
            OpenFailed: not by a seal key of the authority that is listed and not revoked at this instant.

        """
        if self._is_revoked(authority, peek_kid(statement, EPOCH_TYP), at):
            raise OpenFailed("an epoch under a revoked key")
        return read_epoch(statement, authority, self._listed_authority(authority, at).seal_keys)

    def _listed_authority(self, authority: str, at: int) -> Authority:
        listed = self.authority(authority, at)
        if listed is None:
            raise OpenFailed("an authority that is not listed")
        return listed

    def _usable(self, authority: str, listed: ListedKey | None, at: int, first_receipt: int) -> VerifyKey:
        if listed is None or not listed.covers(at):
            raise OpenFailed("a key that is not listed for this time")
        if self._is_revoked(authority, listed.key.kid, first_receipt):
            raise OpenFailed("a revoked key")
        return listed.key

    def _is_revoked(self, authority: str, kid: str, at: int) -> bool:
        revoked_at = self._revoked.get((authority, kid))
        return revoked_at is not None and revoked_at <= at


def _anchor(anchors: Mapping[str, VerifyKey], party: str) -> VerifyKey:
    if party not in anchors:
        raise TrustError(f"no anchor for {party}")
    return anchors[party]


def _check_rising(versions: Sequence[TrustList]) -> None:
    for before, after in itertools.pairwise(versions):
        if after.version <= before.version or after.issued <= before.issued:
            raise TrustError(f"version {after.version} of {after.party} is not above {before.version}")


def _revocations(lists: Iterable[Sequence[TrustList]]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for authority in (a for versions in lists for v in versions for a in v.authorities.values()):
        keys = (
            *authority.seal_keys.values(),
            *(official.listed for official in authority.officials.values()),
        )
        for listed in keys:
            if listed.revoked_at is not None:
                name = (authority.id, listed.key.kid)
                found[name] = min(listed.revoked_at, found.get(name, listed.revoked_at))
    return found
