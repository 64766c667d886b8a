"""Lets these tests use the lawful messages of the treaty tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "treaty"))
