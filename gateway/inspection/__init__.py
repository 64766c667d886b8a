"""Content inspection: no state secret passes the gateway (kz-tm-2024/4.4, baseline/state-secrets).

Text is folded, markings are told from mentions, and the strictest finding is the verdict. The lexicon of
markings is signed data, never code.
"""
