"""Three authorities, founded with the command line: people's keys outside the nodes, nodes, trust lists."""

import json
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.checking import UnexpectedOutcome
from deploy.demo.commands import Arguments, together

HEAD = "Head of the ministry"
CLIENT = "case-system"
KZ, RU, TM = "kz/mia", "ru/mia", "tm/mia"
KZ_RU, KZ_TM = "kz-ru-mvd-2008", "kz-tm-2024"
_PEOPLE = {"head": "official", "admin-1": "admin", "admin-2": "admin", "client": "client", "trust": "trust"}
_NAMES = {
    KZ: "Ministry of Internal Affairs of the Republic of Kazakhstan",
    RU: "Ministry of Internal Affairs of the Russian Federation",
    TM: "Ministry of Internal Affairs of Turkmenistan",
}
_COMPETENT = {
    KZ: [f"{KZ_RU}=2008-10-23", f"{KZ_TM}=2024-10-10"],
    RU: [f"{KZ_RU}=2008-10-23"],
    TM: [f"{KZ_TM}=2024-10-10"],
}
_KNOWS = {KZ: (KZ, RU, TM), RU: (KZ, RU), TM: (KZ, TM)}


@dataclass(frozen=True)
class Member:
    """One authority: its node's folder, the folder of its people's keys, and where the node listens."""

    authority: str
    folder: Path
    people: Path
    api_port: int
    peer_port: int

    @property
    def party(self) -> str:
        """The party's two letters."""
        return self.authority.partition("/")[0].upper()

    @property
    def url(self) -> str:
        """Where its agency system finds it."""
        return f"https://127.0.0.1:{self.api_port}"

    @property
    def profile(self) -> Path:
        """The profile of its agency system."""
        return self.people / "profile.toml"

    def key(self, name: str) -> Path:
        """The private key of one of its people."""
        return self.people / f"{name}.jwk"

    def public_key(self, name: str) -> Path:
        """The public half of `key`."""
        return self.people / f"{name}.pub.jwk"

    @property
    def list(self) -> Path:
        """The party's signed list."""
        return self.people / f"{self.party}.jws"

    @property
    def log_key(self) -> str:
        """The verifier key of its log, as its party publishes it."""
        entry = json.loads((self.folder / "public" / "authority.json").read_text(encoding="utf-8"))
        return str(entry["checkpoint"]["vkey"])


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that are free now, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def make_members(folder: Path) -> dict[str, Member]:
    """Found a node for every authority, sign every party's list and import it where it is needed."""
    ports = iter(free_ports(2 * len(_NAMES)))
    members = {}
    for authority in _NAMES:
        name = authority.replace("/", "-")
        member = Member(authority, folder / name, folder / "people" / name, next(ports), next(ports))
        member.people.mkdir(parents=True, mode=0o700)
        members[authority] = member
    together(*(_founding(member) for member in members.values()))
    together(*(_imports(members, authority) for authority in members))
    for member in members.values():
        _write_profile(member)
    return members


def check_members(members: dict[str, Member]) -> int:
    """`kelisim check-config` on every node: the number of its findings, all of which must be in order."""
    outputs = together(*([("check-config", member.folder)] for member in members.values()))
    findings = [line for (output,) in outputs for line in output.splitlines()]
    if any(not line.startswith("ok") for line in findings):
        raise UnexpectedOutcome("\n".join(findings))
    return len(findings)


def _founding(member: Member) -> list[Arguments]:
    keys: list[Arguments] = [("key", "new", usage, member.key(name)) for name, usage in _PEOPLE.items()]
    return [*keys, _init(member), _sign(member)]


def _imports(members: dict[str, Member], authority: str) -> list[Arguments]:
    return [_import(members[authority], members[known]) for known in _KNOWS[authority]]


def _import(member: Member, other: Member) -> Arguments:
    anchor = ("--anchor", other.public_key("trust"))
    return ("trust", "import", member.folder, other.party, other.list, *anchor)


def _init(member: Member) -> Arguments:
    options = {
        "--authority": member.authority,
        "--domain": f"{member.folder.name}.example",
        "--api-port": str(member.api_port),
        "--peer-port": str(member.peer_port),
        "--name": f"en={_NAMES[member.authority]}",
        "--official": f"head={HEAD}={member.public_key('head')}",
        "--client": f"{CLIENT}={member.public_key('client')}",
    }
    repeated = [("--admin", f"{name}={member.public_key(name)}") for name in ("admin-1", "admin-2")]
    repeated += [("--agreement", text) for text in _COMPETENT[member.authority]]
    return ("init", member.folder, *(word for pair in (*options.items(), *repeated) for word in pair))


def _sign(member: Member) -> Arguments:
    entry = member.folder / "public" / "authority.json"
    return ("trust", "sign", member.party, entry, "--key", member.key("trust"), "--out", member.list)


def _write_profile(member: Member) -> None:
    lines = {
        "base_url": member.url,
        "client_id": CLIENT,
        "key_file": member.key("client").name,
        "ca_file": str(member.folder / "tls" / "ca.crt"),
    }
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
    member.profile.write_text(text, encoding="utf-8")
