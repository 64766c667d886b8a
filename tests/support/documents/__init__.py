"""Documents made byte by byte, so that a test can put a word into any place a format has."""
