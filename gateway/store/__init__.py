"""Durable state: the database behind `gateway.ports.store`, the key vault, the head cell and the blobs.

Start at `opening`: it makes a `SqlStore` out of a path or URL. The schema is in `tables` and `log_tables`;
`migrations` brings a database to it.
"""
