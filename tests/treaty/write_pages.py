"""Writes docs/agreements/<id>.md for every pack: `python tests/treaty/write_pages.py`."""

from pathlib import Path

from provision_tests import covering_tests

from policies.agreement_pages import page_name, render
from policies.loading import load_packs
from policies.packs import BASELINE

PAGES = Path(__file__).parents[2] / "docs" / "agreements"


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    loaded = load_packs()
    packs = [loaded.pack(name) for name in (BASELINE, *loaded.agreements)]
    return {
        page_name(pack): render(pack, covering_tests(pack.id, [one.id for one in pack.provisions]))
        for pack in packs
    }


def main() -> None:
    """Write them, and take away what belongs to no pack."""
    PAGES.mkdir(parents=True, exist_ok=True)
    written = pages()
    for name, text in written.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    for path in PAGES.glob("*.md"):
        if path.name not in written:
            path.unlink()


if __name__ == "__main__":
    main()
