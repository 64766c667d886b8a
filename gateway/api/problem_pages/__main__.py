"""`python -m gateway.api.problem_pages FOLDER` writes docs/problems."""

import sys
from pathlib import Path

from gateway.api.problem_pages.printing import files


def main(folder: Path) -> None:
    """Write every page into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
