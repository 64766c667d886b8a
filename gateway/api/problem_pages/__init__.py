"""The documented problem types (RFC 9457): what each means and what to do about it."""
