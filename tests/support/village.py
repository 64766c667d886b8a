"""Real nodes side by side under one clock that stands; what is queued goes when the test says so.

village = Village(world, packs)
asked = village.send("kz/mia", drafts.request())
village.carry()
village.state("ru/mia", asked.case, "kz/mia")
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from audit.events import LeafRecord, decode_leaf
from gateway.bootstrap.building import Built, build_node
from gateway.bootstrap.founding import rotate_epoch
from gateway.bootstrap.system import SystemClock
from gateway.errors import EnvelopeRejected, PeerUnreachable
from gateway.exchange.body import Body
from gateway.exchange.collect import Collected, Reader, collect
from gateway.exchange.dispatch import deliver
from gateway.exchange.draft import Draft
from gateway.exchange.ingress import on_deliver, on_evidence, on_query
from gateway.exchange.node import Node
from gateway.exchange.prepare import prepare
from gateway.exchange.pushing import push_evidence
from gateway.exchange.standing import Memory, read_memory
from gateway.exchange.submission import Submission
from gateway.exchange.submit import Accepted, Denied, submit
from gateway.ports.peer import Operation
from gateway.ports.rows import CaseRow
from gateway.ports.store import PendingEnvelope
from keys.signatures import official_sign
from keys.trust_file import AuthorityEntry
from policies.packset import PackSet
from tests.support import drafts
from tests.support.hostile import Heard, SetClock
from tests.support.world import CLIENT, World

HANDLERS = {"deliver": on_deliver, "evidence": on_evidence, "query": on_query}
READER = Reader(CLIENT, "confidential", frozenset())
T = TypeVar("T")


class Roads:
    """`PeerTransport` of one node: a direct call of the other node's ingress."""

    def __init__(self, village: "Village", authority: str) -> None:
        self._village = village
        self._authority = authority

    async def call(self, authority: str, operation: Operation, frame: bytes) -> bytes:
        node = self._village.node(authority)
        try:
            return await HANDLERS[operation](node, (self._authority,), frame)
        except EnvelopeRejected as error:
            raise PeerUnreachable("refused") from error

    async def part_offset(self, authority: str, envelope_id: str, position: int) -> int:
        raise NotImplementedError

    async def send_part(
        self,
        authority: str,
        envelope_id: str,
        position: int,
        offset: int,
        total: int,
        chunks: Iterator[bytes],
    ) -> None:
        raise NotImplementedError


class Village:
    """The nodes of a world; every message that a node's officials must sign is signed by its head."""

    def __init__(self, world: World, packs: PackSet, settings: dict[str, Any] | None = None) -> None:
        self.world = world
        self.clock = SetClock(SystemClock().now_ms())
        self.heard = {authority: Heard() for authority in world.members}
        self._packs = packs
        self.built: dict[str, Built] = {authority: self._build(authority) for authority in world.members}
        self._loop = asyncio.new_event_loop()
        self._sent = 0

    def node(self, authority: str) -> Node:
        return self.built[authority].node

    def _build(self, authority: str) -> Built:
        folder = self.world[authority].folder
        return build_node(folder, log=self.heard[authority], clock=self.clock, packs=self._packs)

    def pass_ms(self, span_ms: int) -> None:
        """Let weeks pass: every node has a new encryption epoch, told by its party's list, and restarts."""
        self.clock.now += span_ms
        for member in self.world.members.values():
            rotate_epoch(member.folder, self.clock.now)
            public = (member.folder / "public" / "authority.json").read_bytes()
            member.entry = msgspec.json.decode(public, type=AuthorityEntry)
        self.world.publish(self.clock.now)
        for authority, built in self.built.items():
            built.close()
            self.built[authority] = self._build(authority)

    def close(self) -> None:
        for built in self.built.values():
            built.close()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def submitted(self, authority: str, draft: Draft) -> Accepted | Denied:
        """What the node says to a draft, prepared and signed."""
        node, member = self.node(authority), self.world[authority]
        made = prepare(node, CLIENT, draft)
        official = official_sign(member.head, made.manifest) if draft.signatory else None
        submission = Submission(made.manifest, made.body, official, made.uploads, made.message)
        return self.run(submit(node, CLIENT, submission))

    def send(self, authority: str, draft: Draft) -> Accepted:
        """Send a lawful message; it stays queued until `carry`."""
        answer = self.submitted(authority, draft)
        assert isinstance(answer, Accepted), [reason.text for reason in answer.decision.reasons]
        return answer

    def refused(self, authority: str, draft: Draft) -> set[str]:
        """Send an unlawful message; the provisions that were violated."""
        answer = self.submitted(authority, draft)
        assert isinstance(answer, Denied)
        return {reason.provision for reason in answer.decision.reasons}

    def carry(self, *senders: str) -> None:
        """Carry what is queued, and the evidence, until nothing waits; only from these senders if given."""
        for _ in range(8):
            if not any(self._carry_from(sender) for sender in senders or self.built):
                return

    def _carry_from(self, authority: str) -> bool:
        node, moved = self.node(authority), False
        for peer in node.store.waiting_peers():
            batch = node.store.queued_envelopes(peer, 28)
            if batch:
                self.deliver(authority, peer, batch)
                moved = True
            rows = node.store.unpushed_evidence(peer, 28)
            if rows:
                self.run(push_evidence(node, Roads(self, authority), peer, rows))
        return moved

    def deliver(self, authority: str, peer: str, batch: list[PendingEnvelope]) -> None:
        """Deliver these envelopes, and take what the other side answers."""

        async def delivered() -> None:
            delivery = await deliver(self.node(authority), Roads(self, authority), peer, batch)
            await delivery.recorded

        self.run(delivered())

    def exchanged(self, authority: str, draft: Draft) -> Accepted:
        """Send a lawful message and carry it; the other side took it."""
        sent = self.send(authority, draft)
        self.carry(authority)
        states = {one.state for one in self.node(authority).store.envelopes("out", authority, sent.message)}
        assert states <= {"consigned", "handed_over"}, (draft.kind, states)
        return sent

    def delivery(self, authority: str, message: str) -> str:
        """The state of a message's only envelope."""
        (envelope,) = self.node(authority).store.envelopes("out", authority, message)
        return envelope.state

    def collected(self, authority: str, message: str, sender: str) -> Collected:
        """The content of a received message, as the client collects it."""
        node = self.node(authority)
        (envelope,) = node.store.envelopes("in", sender, message)
        item = node.store.inbox_item(envelope.envelope_id)
        assert item is not None
        found = self.run(collect(node, READER, envelope.envelope_id, item.message.purpose or None))
        assert isinstance(found, Collected), found
        return found

    def case(self, authority: str, case: str, counterpart: str) -> CaseRow:
        row = self.node(authority).store.case(case, counterpart)
        assert row is not None
        return row

    def state(self, case: str, one: str, other: str) -> str:
        """The state of a case, which both its ends hold alike, with all that they remember."""
        here, there = self.case(one, case, other), self.case(other, case, one)
        assert (here.state, here.memory, here.requester) == (there.state, there.memory, there.requester)
        return here.state

    def memory(self, authority: str, case: str, counterpart: str) -> Memory:
        return read_memory(self.case(authority, case, counterpart).memory)

    def leaves(self, authority: str) -> list[LeafRecord]:
        return [decode_leaf(leaf) for leaf in self.node(authority).store.leaves(0, 1 << 20)]


def said(kind: str, case: str, answers: str, recipient: str, body: Body, **changes: Any) -> Draft:
    """A message of a case under kz-ru-mvd-2008, in Russian."""
    fields: dict[str, Any] = {
        "kind": kind,
        "agreement": "kz-ru-mvd-2008",
        "recipients": [recipient],
        "case": case,
        "in_reply_to": answers,
        "body": body,
        "language": "ru",
        "purpose": "crime-solving",
    }
    return Draft(**(fields | changes))


def edited(draft: Draft, **changes: Any) -> Draft:
    """The draft with changes."""
    return msgspec.structs.replace(draft, **changes)


def provisions(leaves: Iterable[LeafRecord], event: str) -> list[list[str]]:
    """The provisions of all entries of that event."""
    return [list(leaf.fields["provisions"]) for leaf in leaves if leaf.event == event]  # type: ignore[arg-type]


__all__ = ["READER", "Village", "drafts", "edited", "provisions", "said"]
