"""Reading a node's log beside the node: verification and proofs. Nothing here writes."""

from collections.abc import Callable
from pathlib import Path

from audit.bundle import ProofBundle, format_bundle
from audit.checkpoint import open_checkpoint, parse_checkpoint
from audit.errors import AuditError
from audit.note import parse_note
from audit.proofs import prove_inclusion
from audit.tree import EMPTY_ROOT
from audit.verify import Report, Verdict, verify_log
from gateway.bootstrap.founding import LOG, database_of
from gateway.errors import ConfigError
from gateway.settings import Settings, load_settings
from gateway.store.head import FileHead
from gateway.store.opening import open_readonly
from keys.custody import FileCustody
from keys.notes import NoteSigner, NoteVerifier


def own_verifier(folder: Path, settings: Settings, vkey: str | None) -> NoteVerifier:
    """The log's verifier key: the one given, or that of the folder's key store."""
    if vkey is not None:
        return NoteVerifier.from_vkey(vkey)
    custody = FileCustody.with_key_file(folder / settings.keys.folder, folder / settings.keys.master)
    return NoteSigner(settings.origin, custody.signing_key(LOG)).verifier


def verify(folder: Path, vkey: str | None, progress: Callable[[int], None]) -> Report:
    """Verify a node's whole log against its key and its head store.

    Raises:
        ConfigError: the folder is no node's, or its database cannot be read.
    """
    settings = load_settings(folder)
    verifier = own_verifier(folder, settings, vkey)
    # The head first: a running node may grow the log meanwhile, but never below what was signed by now.
    head_file = FileHead(folder / settings.store.head)
    note = head_file.load()
    head_file.close()
    try:
        head = None if note is None else open_checkpoint(note, [verifier], settings.origin)
    except AuditError as error:
        return Report(Verdict.UNSIGNED, 0, EMPTY_ROOT, 0, None, f"the head is not this key's: {error}")
    store = open_readonly(database_of(folder, settings))
    try:
        return verify_log(store, [verifier], head=head, on_progress=progress)
    finally:
        store.close()


def prove(folder: Path, about: str) -> list[tuple[int, bytes]]:
    """Proof bundles of every entry about an id, or of one index, under the last checkpoint.

    Raises:
        ConfigError: no such index, or the folder is no node's.
    """
    settings = load_settings(folder)
    store = open_readonly(database_of(folder, settings))
    try:
        note = store.last_checkpoint()
        if note is None:
            return []
        size = parse_checkpoint(parse_note(note).text).size
        indexes = [int(about)] if about.isdecimal() else [i for i in store.leaf_index(about) if i < size]
        if any(index >= size for index in indexes):
            raise ConfigError(f"the log has {size} entries")
        bundles = []
        for index in indexes:
            leaf = next(iter(store.leaves(index, 1)))
            path = tuple(prove_inclusion(store, index, size))
            bundles.append((index, format_bundle(ProofBundle(leaf, index, path, note))))
        return bundles
    finally:
        store.close()
