"""Agreements as data, and the decision: verified facts in, a permit or a denial with its provisions out.

Pure: no clock, no database, no cryptography. Only `policies.loading` reads files. See docs/DECISIONS.md.
"""
