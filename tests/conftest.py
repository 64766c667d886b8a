"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Folder of the public test vectors. CI must have them; elsewhere their absence skips the test."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "vectors"
    folder = Path(os.environ.get("KELISIM_VECTORS", beside))
    if not (folder / "README.md").is_file():
        if os.environ.get("CI"):
            pytest.fail(f"no test vectors in {folder}")
        pytest.skip(f"no test vectors in {folder} (set KELISIM_VECTORS)")
    return folder
