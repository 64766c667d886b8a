"""XML by expat with document types refused outright: no entity, no external subset, no bomb, no tree.

A streaming reader: what it keeps is bounded by the text it returns. Refusing the DOCTYPE before anything in
it is acted on is what `defusedxml` does; here without the detour over its slower readers.
"""

from collections.abc import Callable
from functools import lru_cache
from xml.parsers import expat

from gateway.inspection.reasons import Reason, Uninspectable

_BUFFER_BYTES = 1 << 16
SEPARATOR = "}"


class Handler:
    """What a reader of XML wants to hear; names are `namespace}local` or `local`."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Character data, in order, possibly in several pieces."""

    def aside(self, text: str) -> None:
        """A comment or a processing instruction."""


def read_xml(data: bytes, handler: Handler, place: str) -> None:
    """Feed an XML document to a handler.

    Raises:
        Uninspectable: it has a document type (`xml_dtd`) or is not well-formed; whatever a handler raises.
    """
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True
    parser.buffer_size = _BUFFER_BYTES
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.CommentHandler = handler.aside
    parser.ProcessingInstructionHandler = lambda target, content: handler.aside(f"{target} {content}")
    parser.StartDoctypeDeclHandler = _refuse(place)
    parser.ExternalEntityRefHandler = _refuse(place)
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat takes it by position only
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Uninspectable(Reason.MALFORMED, place) from error


def _refuse(place: str) -> Callable[..., int]:
    def refuse(*_: object) -> int:
        raise Uninspectable(Reason.XML_DTD, place)

    return refuse


@lru_cache(maxsize=4096)
def local(name: str) -> str:
    """Return the part of a name after its namespace."""
    return name.rpartition(SEPARATOR)[2]


@lru_cache(maxsize=4096)
def namespace(name: str) -> str:
    """Return the namespace of a name; empty if there is none."""
    return name.rpartition(SEPARATOR)[0]
