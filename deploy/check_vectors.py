"""Say whether the public test vectors were there: without them the conformance tests prove nothing."""

import os
import sys
from pathlib import Path


def main() -> int:
    """Print the state; in CI their absence is a failure."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "vectors"
    folder = Path(os.environ.get("KELISIM_VECTORS", beside))
    if (folder / "README.md").is_file():
        print(f"conformance vectors: RUN ({folder.name})")
        return 0
    print("conformance vectors: NOT RUN (set KELISIM_VECTORS to their folder)")
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
