"""What this package raises; a denial is never among it (a denial is a `policies.decision.Decision`)."""


class PoliciesError(Exception):
    """Base of every error of `policies`."""


class FactsError(PoliciesError):
    """The facts do not fit the closed catalogue of `policies.facts`.

    Args:
        field: the name of the offending fact (`sources[0].originator` for one inside a list).
        problem: what is wrong with it.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"fact {field!r}: {problem}")
        self.field = field
        self.problem = problem


class PackError(PoliciesError):
    """A pack's files are incomplete, contradictory or outside the closed vocabulary.

    Args:
        where: pack, file or rule that is wrong.
        problem: what is wrong with it.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem
