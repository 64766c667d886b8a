"""Serve a node that kills itself with SIGKILL the first time it comes to a named crash point."""

import os
import signal
import sys
from pathlib import Path

from gateway.bootstrap.serving import run


def main(folder: str, crash_at: str) -> None:
    def crash_point(name: str) -> None:
        if name == crash_at:
            os.kill(os.getpid(), signal.SIGKILL)

    run(Path(folder), crash_point)


if __name__ == "__main__":
    main(*sys.argv[1:])
