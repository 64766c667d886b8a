"""What can go wrong in the log, one class per thing a caller would do differently."""


class AuditError(Exception):
    """Base of every error of this package."""


class MalformedNote(AuditError):
    """The bytes are not a signed note (C2SP signed-note, Format)."""


class MalformedKey(AuditError):
    """A verifier key string is not well formed, or its key id does not belong to the key."""


class SignatureInvalid(AuditError):
    """A signature that claims a known key does not verify."""


class NoTrustedSignature(AuditError):
    """None of the keys asked for has signed."""


class MalformedCheckpoint(AuditError):
    """A note's text is not a checkpoint, or the checkpoint is of another log (C2SP tlog-checkpoint)."""


class MalformedBundle(AuditError):
    """The bytes are not a tlog-proof, or they lack what Kelisim puts into one (C2SP tlog-proof)."""


class ProofInvalid(AuditError):
    """An inclusion or consistency proof does not prove what it should (RFC 6962 section 2.1)."""


class ForkDetected(AuditError):
    """One log has signed two histories that exclude each other."""


class RolledBack(AuditError):
    """A log shows a smaller tree than the one it had already signed."""


class OutOfTree(AuditError):
    """An index or a size lies outside the tree that was asked."""


class HashMissing(AuditError):
    """The store lacks a hash that a tree of this size must have."""


class EventRefused(AuditError):
    """An event does not fit the catalogue, so nothing may be logged under its name."""


class MalformedLeaf(AuditError):
    """Leaf bytes are not the one canonical encoding of a catalogued event."""
