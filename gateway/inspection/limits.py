"""What extraction may cost, and what it may rely on. Plain values that cross the pipe to a worker."""

from msgspec import Struct

from gateway.inspection.verdict import Verdict

MIB = 1024 * 1024


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of one file with everything inside it.

    `max_unread_image_pixels`: without OCR an embedded picture up to this size (icons, rules) passes unread, a
    larger one makes the file uninspectable. A picture sent as a file is never passed over.
    `max_unread_preview_pixels`: the same for the preview of the first page that office programs put into a
    document's package; what it shows is read as text from the page itself.
    """

    max_input_bytes: int = 100 * MIB
    max_expanded_bytes: int = 100 * MIB
    max_text_chars: int = 24_000_000
    max_entries: int = 5_000
    max_nesting: int = 3
    max_pages: int = 2_000
    max_image_pixels: int = 60_000_000
    max_unread_image_pixels: int = 65_536
    max_unread_preview_pixels: int = 1_000_000
    min_characters: int = 8


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """How files are read: limits, languages of OCR (none: no OCR), and what sensitivity labels mean.

    `labels` maps a label's id (`msip:<guid>`, `pspf:SECRET`, `stanag4774:NATO:SECRET`, `ism:S`), lower case,
    to a verdict; a label that is not in it is unknown.
    """

    limits: Limits = Limits()
    ocr_languages: tuple[str, ...] = ()
    ocr_timeout_s: float = 60.0
    labels: dict[str, Verdict] = {}
