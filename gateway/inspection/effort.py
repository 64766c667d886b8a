"""A bound on the work that one inspection takes: what is over it is uninspectable, never passed silently."""


class Exhausted(Exception):
    """More was asked than one inspection may take."""


class Effort:
    """Counts lines and words read closely.

    Args:
        most: how many may be; one takes some 0.1 ms.

    """

    def __init__(self, most: int) -> None:
        self._left = most

    def spend(self) -> None:
        """Count one; raises `Exhausted`."""
        self._left -= 1
        if self._left < 0:
            raise Exhausted
