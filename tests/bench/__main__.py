"""`python -m tests.bench [--quick]`."""

import sys

from tests.bench import attachment, cycle, inspection, micro


def main() -> None:
    """Take every figure; `--quick` ends within a minute."""
    quick = "--quick" in sys.argv[1:]
    micro.run(0.3 if quick else 2.0)
    inspection.run(quick=quick)
    cycle.run(quick=quick)
    attachment.run(quick=quick)


if __name__ == "__main__":
    main()
