"""Inspection as the configuration wants it: the pool of workers, and what `check-config` says about it."""

from collections.abc import Mapping
from pathlib import Path

from gateway.errors import ConfigError
from gateway.inspection.limits import Limits, Reading
from gateway.inspection.pool import InspectionPool, PoolLimits
from gateway.inspection.reporting import sandbox_report
from gateway.inspection.verdict import Verdict
from gateway.settings import InspectionSection

ANY_PARTNER = "any"
_RUNS_OF_OCR = 10


def reading_of(section: InspectionSection) -> Reading:
    """Return how files are read, with the labels that hold for every partner."""
    limits = Limits(
        max_input_bytes=section.max_expanded_bytes,
        max_expanded_bytes=section.max_expanded_bytes,
        max_entries=section.max_entries,
        max_nesting=section.max_nesting,
        max_unread_image_pixels=section.max_unread_image_pixels,
    )
    labels: dict[str, Verdict] = dict(section.labels.get(ANY_PARTNER, {}))
    return Reading(limits, section.ocr_languages, section.ocr_timeout_s, labels)


def build_pool(section: InspectionSection, folder: Path) -> InspectionPool:
    """Return the pool; no worker is started before the first file.

    Args:
        section: the configuration.
        folder: the node's folder, from which relative paths are taken.
    """
    limits = PoolLimits(
        workers=section.workers,
        timeout_s=max(section.timeout_s, _deadline_with_ocr(section)),
        cpu_s=section.max_cpu_s,
        max_memory_bytes=section.max_worker_memory_bytes,
        files_per_worker=section.files_per_worker,
    )
    paths = tuple(
        str((folder / path).absolute()) if path else "" for path in (section.lexicon, section.lexicon_key)
    )
    return InspectionPool(reading_of(section), limits, (paths[0], paths[1]))


def _deadline_with_ocr(section: InspectionSection) -> float:
    return _RUNS_OF_OCR * section.ocr_timeout_s if section.ocr_languages else 0


def partner_labels(section: InspectionSection, authority: str) -> Mapping[str, Verdict]:
    """Return what labels mean for one partner, to be given to `InspectionPool.inspect`."""
    return dict(section.labels.get(authority, {}))


def check_inspection(section: InspectionSection) -> str:
    """Start a worker and say what protects it and which languages OCR reads.

    Raises:
        ConfigError: workers do not start, their limits do not hold, or a language is not installed.
    """
    report = sandbox_report()
    if report.walls is None or not report.walls.limits:
        raise ConfigError("workers do not start or their limits do not hold: no attachment can be read")
    missing = report.missing(section.ocr_languages)
    if missing:
        raise ConfigError(f"OCR lacks {', '.join(missing)}: deploy/install_ocr.sh installs languages")
    return "; ".join(report.lines(section.ocr_languages))
