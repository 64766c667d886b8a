"""Figures of single parts in one process, and the machine's floor beside them."""

import os
import tempfile
from pathlib import Path

from cryptography.cobblestone import Cobblestone256Encryptor
from cryptography.hazmat.primitives.asymmetric import ed25519

from audit.checkpoint import parse_checkpoint
from audit.events import Event, encode_leaf
from audit.note import parse_note
from audit.verify import verify_log
from gateway.bootstrap.building import build_node
from gateway.bootstrap.logs import make_logger
from gateway.exchange.entries import entry
from gateway.exchange.facts import CasePosition, Verified, message_facts
from gateway.exchange.manifest import decode_manifest, manifest_digest
from gateway.exchange.prepare import prepare
from gateway.inspection.loading import load_lexicon
from gateway.inspection.markings import inspect_segments
from gateway.inspection.verdict import Segment
from gateway.ports.store import Change
from keys.encryption import EncryptionPrivateKey
from keys.envelope import begin_open, begin_seal, open_part, seal_part
from keys.jwk import SigningKey, Usage
from keys.notes import NoteVerifier
from keys.signature_block import decode_part0, encode_part0
from keys.signatures import official_sign, seal_sign, verify_official, verify_seal
from policies.loading import load_packs
from tests.bench.figures import report, seconds_each
from tests.support import drafts
from tests.support.world import CLIENT, make_world

ENVELOPE = "0197b4a2-0000-7000-8000-000000000001"
KIB = b"x" * 1024
GROUP = 64


def run(budget_s: float) -> None:
    """All figures that need no second process."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        _decision(world, budget_s)
        _audit(world, budget_s)
    _inspection(budget_s)
    _sealing(budget_s)
    _floors(budget_s)


def _decision(world: object, budget_s: float) -> None:
    member = world["kz/mia"]  # type: ignore[index]
    built = build_node(member.folder, log=make_logger("error", member.authority))
    try:
        prepared = prepare(built.node, CLIENT, drafts.request())
        manifest = decode_manifest(prepared.manifest)
        verified = Verified(manifest, drafts.request().body, manifest_digest(prepared.manifest), "head")
        position = CasePosition(None, "requester", allowed=True, reply_known=False)
        now = built.node.clock.now_ms()
        facts = message_facts(built.node, "send", verified, "ru/mia", position, now)
        packs = load_packs()
        assert packs.decide(facts).permitted
        report("decision_us", seconds_each(lambda: packs.decide(facts), budget_s) * 1e6, "us")
        gathered = seconds_each(
            lambda: message_facts(built.node, "send", verified, "ru/mia", position, now), budget_s
        )
        report("facts_us", gathered * 1e6, "us")
        report("packs_load_ms", seconds_each(load_packs, budget_s, rounds=3) * 1e3, "ms")
    finally:
        built.close()


def _inspection(budget_s: float) -> None:
    """16 KB of mixed ordinary text: Kazakh, Russian and English sentences, headings and a table."""
    lexicon = load_lexicon()
    paragraph = (
        "Тараптар алынған ақпараттың құпиялылығын ұлттық заңнамаға сәйкес қамтамасыз етеді.\n"
        "3. Запрос исполняется в течение тридцати дней; секретариат извещает о задержке.\n"
        "The requested Party keeps the request and its contents confidential.\n\n"
        "Приложение № 2\nНаименование | Количество\n"
    )
    text = (paragraph * 60).encode()[: 16 * 1024].decode("utf-8", "ignore")
    segment = Segment(text, "text", "part 1")
    seconds = seconds_each(lambda: inspect_segments([segment], lexicon), budget_s)
    report("inspect_16kb_ms", seconds * 1e3, "ms")


def _sealing(budget_s: float) -> None:
    seal, official = SigningKey.generate(Usage.SEAL), SigningKey.generate(Usage.OFFICIAL)
    private = EncryptionPrivateKey.generate()
    manifest = os.urandom(1500)
    signed = official_sign(official, manifest)

    def seal_one() -> tuple[bytes, bytes, bytes, bytes]:
        block = encode_part0(manifest, signed, seal_sign(seal, manifest, signed))
        sealed = begin_seal("ru/mia", private.public, ENVELOPE, [len(block), len(KIB)], os.urandom)
        return sealed.header, sealed.wrap, seal_part(sealed, 0, block), seal_part(sealed, 1, KIB)

    header, wrap, first, second = seal_one()
    find = {private.kid: private}.get

    def open_one() -> bytes:
        opened = begin_open(header, wrap, "ru/mia", find)
        block = decode_part0(open_part(opened, 0, first))
        verify_seal(block.seal, block.manifest, block.official, seal.public)
        verify_official(block.official or "", block.manifest, official.public)
        return open_part(opened, 1, second)

    report("seal_1kb", 1 / seconds_each(seal_one, budget_s), "1/s per core")
    report("open_1kb", 1 / seconds_each(open_one, budget_s), "1/s per core")


def _audit(world: object, budget_s: float) -> None:
    member = world["ru/mia"]  # type: ignore[index]
    built = build_node(member.folder, log=make_logger("error", member.authority))
    try:
        node, at = built.node, built.node.clock.now_ms()
        fields = {"client": CLIENT, "minute": at, "count": 1}

        def group() -> None:
            entries = tuple(entry(node, Event.CLIENT_POLLS, at, fields) for _ in range(GROUP))
            node.journal.record_now(Change((), entries))

        report("audit_append", GROUP / seconds_each(group, budget_s * 2), "entries/s")
        assert member.entry is not None
        verifier = NoteVerifier.from_vkey(member.entry.checkpoint.vkey)
        note = node.store.last_checkpoint()
        assert note is not None
        size = parse_checkpoint(parse_note(note).text).size
        spent = seconds_each(lambda: verify_log(node.store, [verifier]), budget_s, rounds=3)
        report("audit_verify", size / spent, "entries/s")
        leaf = seconds_each(lambda: encode_leaf(bytes(16), Event.CLIENT_POLLS, at, fields), budget_s)
        report("audit_leaf_us", leaf * 1e6, "us")
    finally:
        built.close()


def _floors(budget_s: float) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    public, signature = key.public_key(), key.sign(KIB)
    report("floor_ed25519_sign", 1 / seconds_each(lambda: key.sign(KIB), budget_s), "1/s per core")
    verified = seconds_each(lambda: public.verify(signature, KIB), budget_s)
    report("floor_ed25519_verify", 1 / verified, "1/s per core")
    private = EncryptionPrivateKey.generate()
    sealed = seconds_each(
        lambda: begin_seal("ru/mia", private.public, ENVELOPE, [len(KIB)], os.urandom), budget_s
    )
    report("floor_hpke_wrap", 1 / sealed, "1/s per core")
    secret = os.urandom(32)

    def raw() -> None:
        key.sign(KIB)
        begin_seal("ru/mia", private.public, ENVELOPE, [len(KIB)], os.urandom)
        stream = Cobblestone256Encryptor(secret, b"floor")
        stream.update(KIB)
        stream.finalize()

    report("floor_seal_1kb", 1 / seconds_each(raw, budget_s), "1/s per core")
    mebibyte = os.urandom(1 << 20)

    def bulk() -> None:
        stream = Cobblestone256Encryptor(secret, b"floor")
        stream.update(mebibyte)
        stream.finalize()

    report("floor_cobblestone", 1.048576 / seconds_each(bulk, budget_s), "MB/s per core")
    with tempfile.NamedTemporaryFile() as file:
        block = os.urandom(4096)

        def sync() -> None:
            os.pwrite(file.fileno(), block, 0)
            os.fdatasync(file.fileno())

        report("floor_fdatasync", 1 / seconds_each(sync, budget_s), "1/s")
