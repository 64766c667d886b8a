"""Chapter 6: evidence and logs verified; and one flipped byte in a copy of a database is found."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from audit.bundle import ProvenLeaf, verify_bundle
from audit.errors import AuditError
from audit.events import decode_leaf
from audit.verify import Verdict
from deploy.demo.checking import UnexpectedOutcome, require, require_equal
from deploy.demo.commands import run, together
from deploy.demo.stage import Stage
from deploy.demo.world import KZ, RU, Member
from gateway.sdk.answers import Evidence, Submitted
from keys.notes import NoteVerifier

_DATABASE = Path("data") / "kelisim.db"


def prove(evidence: Evidence, giver: Member, sent: Submitted) -> ProvenLeaf:
    """Verify a piece of evidence about a message with nothing but the verifier key of its giver's log.

    Raises:
        UnexpectedOutcome: it does not verify, or says something else.
    """
    verifier = NoteVerifier.from_vkey(giver.log_key)
    try:
        proven = verify_bundle(evidence.bundle.encode(), None, [verifier])
        record = decode_leaf(proven.leaf)
    except AuditError as error:
        raise UnexpectedOutcome(f"{evidence.event} of {giver.authority} does not verify: {error}") from error
    said = (record.event.value, record.fields["message"], record.fields["manifest"])
    require_equal("what the evidence says", said, (evidence.event, sent.message, sent.manifest_digest))
    return proven


def logs(stage: Stage, sent: Submitted) -> None:
    """All logs verify; evidence does not verify against another log's key; a flipped byte is found."""
    stage.show.chapter("The logs")
    verify = ("audit", "verify", "--full", "--json")
    outputs = together(*([(*verify, member.folder)] for member in stage.members.values()))
    found = [json.loads(output) for (output,) in outputs]
    for authority, report in zip(stage.members, found, strict=True):
        require_equal(f"the log of {authority}", report["verdict"], "ok")
        stage.show.done(
            f"kelisim audit verify --full: the log of {authority} is intact",
            f"{report['size']} entries under {report['checkpoints']} checkpoints, root {report['root'][:16]}",
        )
    evidence = stage.await_evidence(KZ, sent.message, "ContentConsignment")
    _refuses_foreign_key(stage, evidence, sent)
    _finds_flipped_byte(stage, prove(evidence, stage.members[RU], sent))


def _refuses_foreign_key(stage: Stage, evidence: Evidence, sent: Submitted) -> None:
    prove(evidence, stage.members[RU], sent)
    try:
        prove(evidence, stage.members[KZ], sent)
    except UnexpectedOutcome:
        stage.show.done("ContentConsignment verifies with the log key of ru/mia, and with no other one")
        return
    raise UnexpectedOutcome("evidence of ru/mia verifies with the log key of kz/mia")


def _finds_flipped_byte(stage: Stage, proven: ProvenLeaf) -> None:
    member = stage.members[RU]
    copied = copy_node(member, stage.papers / "copy")
    run("audit", "verify", "--full", copied)
    flip_byte(copied / _DATABASE, proven.leaf)
    ended = run("audit", "verify", "--full", "--json", copied, expected=int(Verdict.TAMPERED))
    report = json.loads(ended.output)
    found = (report["verdict"], report["first_bad"])
    require_equal("what verification finds in the copy", found, ("tampered", proven.index))
    stage.show.done(
        f"one byte flipped in a copy of the database of ru/mia is found at entry {report['first_bad']}",
        f"exit code {ended.code}: {report['detail']}",
    )


def copy_node(member: Member, target: Path) -> Path:
    """Copy a node's folder beside the running node: a consistent snapshot of its database, and its files."""
    shutil.copytree(member.folder, target, ignore=shutil.ignore_patterns("kelisim.db*", "blobs", "node.log"))
    with closing(sqlite3.connect(f"file:{member.folder / _DATABASE}?mode=ro", uri=True)) as source:
        source.execute("VACUUM INTO ?", (str(target / _DATABASE),))
    return target


def flip_byte(database: Path, leaf: bytes) -> None:
    """Flip one bit in the middle of a leaf as it lies in a database file.

    Raises:
        UnexpectedOutcome: the file does not hold the leaf exactly once.
    """
    content = bytearray(database.read_bytes())
    require(content.count(leaf) == 1, f"the database holds the leaf {content.count(leaf)} times")
    content[content.index(leaf) + len(leaf) // 2] ^= 1
    database.write_bytes(content)
