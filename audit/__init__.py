"""The log: RFC 6962 tree, C2SP notes, checkpoints and proofs, the event catalogue and the verifier.

Pure: no input or output, no clock, no keys. Storage and keys come through the Protocols of `audit.ports`.
"""
