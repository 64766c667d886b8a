"""A small world for tests: authorities with real keys, signed trust lists and founded nodes in a folder."""

import json
import socket
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gateway.bootstrap.founding import Founding, Official, found
from gateway.bootstrap.system import SystemClock
from keys import instants
from keys.jwk import SigningKey, Usage, save_private
from keys.trust_file import AuthorityEntry, TrustFile, sign_file

AGREEMENTS = {
    "kz/mia": {
        "kz-ru-mvd-2008": "2008-10-23",
        "kz-tm-2024": "2024-10-10",
        "sco-2010": "2011-06-17",
        "kz-ru-harbours-2020": "2020-01-01",
        "kz-az-2005": "2005-05-21",
        "kz-jo-2017": "2019-01-09",
    },
    "ru/mia": {
        "kz-ru-mvd-2008": "2008-10-23",
        "sco-2010": "2011-06-17",
        "kz-ru-harbours-2020": "2020-01-01",
    },
    "ru/mia/transport": {"kz-ru-mvd-2008": "2008-10-23"},
    "ru/gpo": {"sco-2010": "2011-06-17"},
    "tm/mia": {"kz-tm-2024": "2024-10-10"},
    "az/mia": {"kz-az-2005": "2005-05-21"},
    "jo/moi": {"kz-jo-2017": "2019-01-09"},
}
HEAD_NAME = "Head of the ministry"
DEPUTY_NAME = "Deputy head of the ministry"
CLIENT = "case-system"
DAY_MS = 86_400_000


@dataclass
class Member:
    """One authority: its node's folder and the private keys of its people, which the node never sees."""

    authority: str
    folder: Path
    head: SigningKey
    deputy: SigningKey
    admins: tuple[SigningKey, SigningKey]
    client: SigningKey
    api_port: int
    peer_port: int
    entry: AuthorityEntry | None = None

    @property
    def party(self) -> str:
        return self.authority.partition("/")[0].upper()

    @property
    def api_url(self) -> str:
        return f"https://127.0.0.1:{self.api_port}"


@dataclass
class World:
    """All authorities, and the parties' trust keys."""

    folder: Path
    members: dict[str, Member] = field(default_factory=dict)
    trust_keys: dict[str, SigningKey] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, authority: str) -> Member:
        return self.members[authority]

    def publish(self, issued_ms: int | None = None) -> None:
        """Sign every party's list anew and lay it into every node's folder."""
        now = SystemClock().now_ms() if issued_ms is None else issued_ms
        for party, key in self.trust_keys.items():
            data = self.sign(party, now)
            for member in self.members.values():
                self._lay(member, party, key, data)

    def sign(self, party: str, now: int) -> bytes:
        """The next version of a party's list."""
        version = self.versions[party] = self.versions.get(party, 0) + 1
        entries = [m.entry for m in self.members.values() if m.party == party and m.entry is not None]
        file = TrustFile(
            v=1,
            party=party,
            version=version,
            issued=instants.write(now),
            next_update=instants.write(now + 365 * DAY_MS),
            authorities=tuple(entries),
        )
        return sign_file(self.trust_keys[party], file)

    def _lay(self, member: Member, party: str, key: SigningKey, data: bytes) -> None:
        anchor = member.folder / "trust" / "anchors" / f"{party}.jwk"
        anchor.write_text(json.dumps(key.public.to_jwk()))
        lists = member.folder / "trust" / "lists" / party
        lists.mkdir(parents=True, exist_ok=True)
        (lists / f"{self.versions[party]}.jws").write_bytes(data)


def free_port() -> int:
    """A TCP port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_world(
    folder: Path, authorities: tuple[str, ...] = ("kz/mia", "ru/mia"), now_ms: int | None = None
) -> World:
    """Found a node for every authority and let each know all parties' lists, as of `now_ms`."""
    now = SystemClock().now_ms() if now_ms is None else now_ms
    world = World(folder)
    for authority in authorities:
        member = _member(folder, authority)
        world.members[authority] = member
        world.trust_keys.setdefault(member.party, SigningKey.generate(Usage.TRUST))
        member.entry = found(member.folder, _founding(member), now)
    world.publish(now)
    return world


def _member(folder: Path, authority: str) -> Member:
    home = folder / authority.replace("/", "-")
    return Member(
        authority,
        home,
        SigningKey.generate(Usage.OFFICIAL),
        SigningKey.generate(Usage.OFFICIAL),
        (SigningKey.generate(Usage.ADMIN), SigningKey.generate(Usage.ADMIN)),
        SigningKey.generate(Usage.CLIENT),
        free_port(),
        free_port(),
    )


def _founding(member: Member) -> Founding:
    return Founding(
        authority=member.authority,
        names={"en": member.authority},
        domain=member.authority.replace("/", "-") + ".test",
        host="127.0.0.1",
        api_port=member.api_port,
        peer_port=member.peer_port,
        agreements=AGREEMENTS.get(member.authority, {}),
        officials=[
            Official("head", HEAD_NAME, member.head.public),
            Official("deputy", DEPUTY_NAME, member.deputy.public),
        ],
        clients={CLIENT: member.client.public},
        admins={"first": member.admins[0].public, "second": member.admins[1].public},
    )


def save_people(member: Member, folder: Path) -> dict[str, Path]:
    """Write the private keys of a member's people as files, for the CLI and the SDK."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    named = {
        "head": member.head,
        "deputy": member.deputy,
        "client": member.client,
        "admin-1": member.admins[0],
        "admin-2": member.admins[1],
    }
    for name, key in named.items():
        paths[name] = folder / f"{name}.jwk"
        save_private(paths[name], key, None)
    return paths


def changed(entry: AuthorityEntry, **changes: object) -> AuthorityEntry:
    """An authority's entry with some members replaced."""
    return msgspec.structs.replace(entry, **changes)
