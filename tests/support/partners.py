"""Two nodes as processes of their own and their agency systems, joined by real TLS on loopback."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from audit.verify import Report
from gateway.bootstrap.auditing import verify
from gateway.exchange.prepare import Draft as GatewayDraft
from gateway.sdk import Client, Draft, InboxItem, Prepared, Profile, Submitted
from gateway.sdk.answers import Status
from gateway.sdk.errors import SdkError
from keys.signatures import official_sign
from tests.support import drafts
from tests.support.processes import NodeProcess
from tests.support.world import CLIENT, Member, World, make_world, save_people

KZ, RU = "kz/mia", "ru/mia"
PATIENCE_S = 20.0
_STEP_S = 0.02
_IMPATIENT = "\n[exchange]\nretry_first_s = 0.1\nretry_max_s = 0.5\n"
T = TypeVar("T")


def until(found: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """Look again and again until there is something; fails when patience ends."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        value = found()
        if value is not None:
            return value
        time.sleep(_STEP_S)
    raise AssertionError(f"not within {patience_s} s: {what}")


def sdk_draft(draft: GatewayDraft) -> Draft:
    """A draft as a client of the SDK states it."""
    return msgspec.convert(msgspec.to_builtins(draft), Draft)


class Partner:
    """One authority: its node's process, its people's keys and its agency system's client."""

    def __init__(self, member: Member, people: Path) -> None:
        self.member = member
        self.keys = save_people(member, people)
        self.node: NodeProcess | None = None

    @property
    def running(self) -> NodeProcess:
        assert self.node is not None
        return self.node

    def start(self, crash_at: str | None = None) -> NodeProcess:
        """Serve, optionally until the named crash point is met."""
        self.node = NodeProcess(self.member, crash_at)
        self.node.wait_up()
        return self.node

    def restart(self, crash_at: str | None = None) -> NodeProcess:
        """Stop in order and serve again."""
        self.running.stop()
        return self.start(crash_at)

    def wait_killed(self) -> None:
        """Wait until the process has killed itself at its crash point."""
        assert self.running.process.wait(PATIENCE_S) == -9

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client of the API."""
        profile = Profile(
            base_url=self.member.api_url,
            client_id=CLIENT,
            key_file=self.keys["client"],
            ca_file=self.member.folder / "tls" / "ca.crt",
        )
        with Client(profile, pause=lambda _seconds: None) as client:
            yield client

    def sign(self, prepared: Prepared) -> str:
        """The head's signature, made outside the node."""
        return official_sign(self.member.head, prepared.manifest)

    def audit(self) -> Report:
        """Verify the whole log against the key that the trust list names."""
        assert self.member.entry is not None
        return verify(self.member.folder, self.member.entry.checkpoint.vkey, lambda _done: None)


class Partners:
    """The two sides of an agreement."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.kz = Partner(world[KZ], folder / "people-kz")
        self.ru = Partner(world[RU], folder / "people-ru")

    def request(self, sender: Client, recipient: str = RU, **changes: object) -> tuple[Prepared, str]:
        """Prepare a request and have the head sign it."""
        prepared = sender.prepare(sdk_draft(drafts.request(recipients=[recipient], **changes)))
        return prepared, self.kz.sign(prepared)

    def close(self) -> None:
        for partner in (self.kz, self.ru):
            if partner.node is not None:
                partner.node.kill()


def found_partners(folder: Path, extra: str = "") -> Partners:
    """Found two nodes that retry at short intervals; nothing is started."""
    world = make_world(folder)
    for member in world.members.values():
        config = member.folder / "kelisim.toml"
        config.write_text(config.read_text() + _IMPATIENT + extra)
    return Partners(world, folder)


def submit_through(client: Client, prepared: Prepared, signature: str) -> Submitted | None:
    """Submit once; None if the gateway went away over it."""
    with contextlib.suppress(SdkError):
        return client.submit(prepared, signature)
    return None


def items_of(client: Client, message: str) -> list[InboxItem]:
    """Every item of the inbox that is this message, over all pages."""
    found: list[InboxItem] = []
    cursor = None
    while True:
        page = client.inbox(cursor, 100)
        found += [item for item in page.items if item.message == message]
        if not page.items:
            return found
        cursor = page.cursor


def wait_state(client: Client, message: str, *states: str) -> Status:
    """Wait until a sent message is in one of the states."""

    def look() -> Status | None:
        with contextlib.suppress(SdkError):
            status = client.status(message)
            return status if status.state in states else None
        return None

    return until(look, f"{message} in {states}")
