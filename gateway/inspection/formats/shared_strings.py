"""The strings of a workbook, which its cells name by number (ECMA-376 part 1, 18.4)."""

from gateway.inspection.formats.xml_events import Handler, local, read_xml


class SharedStrings(Handler):
    """Holds the strings in their order, and which of them a cell shows; `extra` is any other text."""

    def __init__(self, data: bytes, place: str) -> None:
        self.extra: list[str] = []
        self._strings: list[str] = []
        self._pieces: list[str] | None = None
        self._unused: set[int] = set()
        self._in_text = False
        read_xml(data, self, place)
        self._unused.update(range(len(self._strings)))

    def use(self, number: str) -> str:
        """Return the string that a cell names; the number itself if there is none."""
        if not number.isascii() or not number.isdigit() or int(number) >= len(self._strings):
            return number
        self._unused.discard(int(number))
        return self._strings[int(number)]

    def unused(self) -> list[str]:
        """Return the strings that no cell has shown: they are in the file all the same."""
        return [self._strings[number] for number in sorted(self._unused)]

    def aside(self, text: str) -> None:
        self.extra.append(text)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.extra += [value for value in attributes.values() if not value.isascii() or " " in value]
        if local(name) == "si":
            self._pieces = []
        self._in_text = local(name) == "t"

    def end(self, name: str) -> None:
        self._in_text = False
        if local(name) == "si" and self._pieces is not None:
            self._strings.append("".join(self._pieces))
            self._pieces = None

    def text(self, text: str) -> None:
        if self._in_text and self._pieces is not None:
            self._pieces.append(text)
        elif not text.isspace():
            self.extra.append(text)
