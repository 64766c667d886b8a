"""Custody, sealing and trust: the only package that touches cryptographic libraries.

Every cryptographic failure raises; nothing here answers with a boolean that a caller could ignore.
"""
