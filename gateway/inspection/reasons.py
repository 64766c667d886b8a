"""Why a file cannot be inspected: closed codes that the log, the officer and the settings share."""

from enum import StrEnum


class Reason(StrEnum):
    """A code per cause. Their wording may be logged and shown: none of them tells any content."""

    ENCRYPTED = "encrypted"
    UNKNOWN_TYPE = "unknown_type"
    TYPE_MISMATCH = "type_mismatch"
    LEGACY_OFFICE = "legacy_office"
    NESTING = "nesting"
    TOO_MANY_ENTRIES = "too_many_entries"
    TOO_LARGE = "too_large"
    LEADING_DATA = "leading_data"
    TRAILING_DATA = "trailing_data"
    POLYGLOT = "polyglot"
    UNSAFE_NAME = "unsafe_name"
    MALFORMED = "malformed"
    XML_DTD = "xml_dtd"
    ALMOST_NO_TEXT = "almost_no_text"
    IMAGE_ONLY_PAGE = "image_only_page"
    IMAGE_WITHOUT_OCR = "image_without_ocr"
    OCR_FAILED = "ocr_failed"
    UNKNOWN_LABEL = "unknown_label"
    PARSER_CRASH = "parser_crash"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    WORKER_FAULT = "worker_fault"


class Uninspectable(Exception):
    """Ends the extraction of one container or file; never leaves the extraction itself.

    Args:
        reason: the code.
        place: where, for a person; empty means the file as a whole.
    """

    def __init__(self, reason: Reason, place: str = "") -> None:
        super().__init__(f"{reason}: {place}" if place else str(reason))
        self.reason = reason
        self.place = place
