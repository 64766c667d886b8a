"""What inspection says of one file."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.inspection.gathering import Gathered
from gateway.inspection.reasons import Reason
from gateway.inspection.verdict import Finding, Verdict, strictest

MAX_FINDINGS = 200
MAX_PROBLEMS = 32
_ORDER: dict[Verdict, int] = {"state_secret": 0, "uninspectable": 1, "restricted": 2, "none": 3}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be inspected, and where; an empty place means the file as a whole."""

    reason: Reason
    place: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """The verdict on a file with its grounds: at most 200 findings (the strictest), 32 problems.

    `expanded_bytes`: how many bytes were read, counting what was unpacked.
    """

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    expanded_bytes: int = 0

    @property
    def reason(self) -> Reason | None:
        """The first cause why the file is not wholly inspected, if any."""
        return self.problems[0].reason if self.problems else None


def failed(reason: Reason) -> Inspected:
    """Return the verdict on a file whose inspection itself ended badly."""
    return Inspected("uninspectable", problems=(Problem(reason, ""),))


def conclude(gathered: Gathered, found: Sequence[Finding]) -> Inspected:
    """Combine what was gathered from a file with the markings found in its segments."""
    findings = sorted((*gathered.labels, *found), key=lambda finding: _ORDER[finding.verdict])
    problems = tuple(Problem(reason, place) for reason, place in gathered.problems[:MAX_PROBLEMS])
    verdicts: list[Verdict] = [finding.verdict for finding in findings]
    if problems:
        verdicts.append("uninspectable")
    return Inspected(
        strictest(verdicts), tuple(findings[:MAX_FINDINGS]), problems, gathered.spent.expanded_bytes
    )
