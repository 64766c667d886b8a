"""The demo as `make demo` runs it: its order, its ending, and that it leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DECISIONS_IN_ORDER = [
    "PERMIT kz-ru-mvd-2008/5.1",
    "PERMIT kz-ru-mvd-2008/8.2",
    "PERMIT baseline/correspondence",
    "PERMIT kz-ru-mvd-2008/7.3",
    "PERMIT kz-ru-mvd-2008/7.3",
    "PERMIT kz-ru-mvd-2008/7.6",
    "DENY kz-ru-mvd-2008/5.4",
    "DENY kz-ru-mvd-2008/10",
    "DENY kz-ru-mvd-2008/3.2",
    "DENY kz-tm-2024/10",
    "PERMIT kz-tm-2024/2(1)",
    "DENY kz-tm-2024/4.4",
    "DENY kz-ru-mvd-2008/8.3",
]
_DECISION = re.compile(r"^\d+\.\d+ +(PERMIT|DENY) +.*\n +under +([^,\n]+)", re.MULTILINE)
_PROCESS = re.compile(r"process (\d+)$", re.MULTILINE)


def start(within: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.demo", "--within", str(within)],
        cwd=ROOT,
        env={**os.environ, "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.e2e
def test_the_story_is_told_in_order_and_nothing_is_left(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        said, errors = demo.communicate(timeout=180)
    assert (demo.returncode, errors) == (0, ""), said
    assert [f"{outcome} {provision}" for outcome, provision in _DECISION.findall(said)] == DECISIONS_IN_ORDER
    assert said.count("remedy  ") == 6
    assert "\x1b" not in said
    assert "is found at entry" in said
    assert list(tmp_path.iterdir()) == []
    numbers = _PROCESS.findall(said)
    assert len(numbers) == 3
    assert not any(Path("/proc", number).exists() for number in numbers)


@pytest.mark.e2e
def test_an_interrupted_demo_is_not_a_success_and_leaves_nothing(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        assert demo.stdout is not None
        demo.stdout.readline()
        demo.send_signal(signal.SIGTERM)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, said
    assert list(tmp_path.iterdir()) == []
