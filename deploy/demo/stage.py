"""What every step needs: the members, their agency systems, the papers and the printing."""

from dataclasses import dataclass
from pathlib import Path

from deploy.demo.checking import require, require_equal, wait_for
from deploy.demo.commands import run
from deploy.demo.printing import Printing
from deploy.demo.world import Member
from gateway.sdk import Client, Draft, LocalFile, Prepared, ProblemError, Source
from gateway.sdk.answers import Collected, Evidence, InboxItem, Submitted

WAIT_S = 10


@dataclass(frozen=True)
class Stage:
    """The members with an agency system's client each; `papers` is a folder for what people write."""

    show: Printing
    members: dict[str, Member]
    clients: dict[str, Client]
    papers: Path

    def send(self, sender: str, draft: Draft, *files: LocalFile, provision: str) -> Submitted:
        """Send; it must be permitted under `provision` and arrive in the recipient's inbox."""
        sent = self.clients[sender].send(
            draft, attachments=files, sign=self._head(sender, draft), wait_s=WAIT_S
        )
        require_arrived(sent, provision)
        return sent

    def denied(self, sender: str, draft: Draft, *files: LocalFile, provision: str, text: str) -> None:
        """Try to send; it must be denied, and `provision` must be the decisive one."""
        try:
            self.clients[sender].send(draft, attachments=files, sign=self._head(sender, draft))
        except ProblemError as problem:
            require(problem.denied, f"{text}: not a decision but {problem}")
            require_equal(f"{text}: decisive provision", problem.provisions[0], provision)
            require(any(one.get("provision") == provision for one in problem.remedies), f"{text}: no remedy")
            self.show.deny(text, problem.provisions, problem.reasons, problem.remedies)
            return
        require(holds=False, text=f"{text}: permitted, expected a denial under {provision}")

    def sign_outside(self, sender: str, prepared: Prepared) -> str:
        """Have the head sign the manifest with `kelisim sign`, where the node's folder is not needed."""
        manifest = self.papers / f"{prepared.message}.manifest"
        manifest.write_bytes(prepared.manifest)
        run("sign", manifest, "--key", self.members[sender].key("head"))
        return manifest.with_name(manifest.name + ".jws").read_text(encoding="ascii")

    def collect(self, recipient: str, message: str, purpose: str) -> tuple[InboxItem, Collected]:
        """Wait for a message in an inbox, collect it and acknowledge that it is in safe hands."""
        client = self.clients[recipient]

        def look() -> InboxItem | None:
            return next((item for item in client.inbox(limit=200).items if item.message == message), None)

        item = wait_for(f"message {message} in the inbox of {recipient}", look)
        content = client.collect(item.id, purpose)
        client.acknowledge(item.id)
        return item, content

    def await_evidence(self, sender: str, message: str, event: str) -> Evidence:
        """Wait until a piece of evidence about a message has come back to its sender."""
        client = self.clients[sender]

        def look() -> Evidence | None:
            return next((one for one in client.status(message).evidence if one.event == event), None)

        return wait_for(f"{event} for {message}", look)

    def _head(self, sender: str, draft: Draft) -> Path | None:
        return None if draft.signatory is None else self.members[sender].key("head")


def require_arrived(sent: Submitted, provision: str) -> None:
    """A submission was permitted under a provision and reached the recipient's inbox."""
    require_equal("decision", sent.decision.outcome, "permit")
    require(provision in sent.decision.provisions, f"permitted under {sent.decision.provisions}")
    require_equal("state of the message", sent.state, "consigned")


def source_of(item: InboxItem) -> Source:
    """A received message as the source of another one."""
    return Source(item.sender, item.agreement, item.message, item.manifest_digest)
