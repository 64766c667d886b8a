"""Text in pictures, read by `tesseract` in a subprocess of the sandboxed worker.

Languages are run a script at a time: mixed models take Latin letters for Cyrillic ones and vice versa.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from gateway.inspection.reasons import Reason, Uninspectable

PROGRAM = "tesseract"
_SCRIPTS: tuple[frozenset[str], ...] = (
    frozenset({"kaz", "rus", "kir", "tgk", "uzb_cyrl", "aze_cyrl"}),
    frozenset({"aze", "uzb", "eng", "tuk"}),
    frozenset({"chi_sim"}),
    frozenset({"ara"}),
)
_MAX_OUTPUT_BYTES = 4 * 1024 * 1024
_ENVIRONMENT = {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}
_LISTING_TIMEOUT_S = 10


class Ocr:
    """Reads pictures. It is made before the sandbox closes, used inside.

    Args:
        languages: names of tesseract's models, such as `rus`.
        timeout_s: wall-clock time for one run over one picture.
    """

    def __init__(self, languages: Iterable[str], timeout_s: float) -> None:
        self._groups = _by_script(languages)
        self._timeout_s = timeout_s
        self._program = shutil.which(PROGRAM) or PROGRAM
        self._quiet = os.open(os.devnull, os.O_WRONLY)

    def __call__(self, image: bytes) -> str:
        """Return the text of a picture, one reading per script.

        Raises:
            Uninspectable: `ocr_failed`: the program ended badly, took too long or wrote too much.
        """
        return "\n".join(self._run("+".join(group), image) for group in self._groups)

    def _run(self, languages: str, image: bytes) -> str:
        command = [self._program, "stdin", "stdout", "-l", languages]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; only configured languages vary
                command,
                input=image,
                stdout=subprocess.PIPE,
                stderr=self._quiet,
                env=_ENVIRONMENT | _data_folder(),
                timeout=self._timeout_s,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Uninspectable(Reason.OCR_FAILED) from error
        if len(done.stdout) > _MAX_OUTPUT_BYTES:
            raise Uninspectable(Reason.OCR_FAILED)
        return done.stdout.decode("utf-8", "replace")


def installed_languages() -> tuple[str, ...]:
    """Return the models that tesseract has here; none if it is not installed."""
    program = shutil.which(PROGRAM)
    if program is None:
        return ()
    try:
        listed = subprocess.run(  # noqa: S603
            [program, "--list-langs"], capture_output=True, timeout=_LISTING_TIMEOUT_S, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(
        line.strip() for line in listed.stdout.splitlines()[1:] if line.strip() and line.strip() != "osd"
    )


def _by_script(languages: Iterable[str]) -> list[list[str]]:
    wanted = list(dict.fromkeys(languages))
    groups = [[one for one in wanted if one in script] for script in _SCRIPTS]
    known = {one for group in groups for one in group}
    return [group for group in (*groups, *([one] for one in wanted if one not in known)) if group]


def _data_folder() -> dict[str, str]:
    folder = os.environ.get("TESSDATA_PREFIX", "")
    return {"TESSDATA_PREFIX": folder} if folder and Path(folder).is_dir() else {}
