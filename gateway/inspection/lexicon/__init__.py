"""The lexicon of markings: signed, versioned data, and its reading.

`markings.yaml` is what a lawyer reads; `markings.jws` is its signature; `release.pub.jwk` is the key it is
checked against unless the node's configuration names another.
"""
