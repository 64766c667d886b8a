"""The readers of formats: bytes in, segments out; each knows one format and nothing of the others."""
