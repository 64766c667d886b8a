"""PDF files by hand: pages with Unicode text, annotations, attachments, whatever objects a test wants."""

import zlib
from collections.abc import Mapping, Sequence


class Pdf:
    """Collects objects; `build` writes the file with a cross-reference table."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []
        self.info: dict[str, str] = {}
        self.catalog: list[str] = []
        self.pages: list[int] = []
        self.trailer = ""
        self._pages = self.add(b"")
        self._font = self._make_font()

    def add(self, body: bytes | str) -> int:
        self.objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(self.objects)

    def stream(self, content: bytes, entries: str = "", *, packed: bool = False) -> int:
        if packed:
            content, entries = zlib.compress(content, 9), f"{entries} /Filter /FlateDecode"
        head = f"<< {entries} /Length {len(content)} >>\nstream\n".encode()
        return self.add(head + content + b"\nendstream")

    def _make_font(self) -> int:
        """A font without a file whose codes are UTF-16: /ToUnicode says so."""
        to_unicode = self.stream(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
            + b"".join(
                b"1 beginbfrange <%02X00> <%02XFF> <%02X00> endbfrange\n" % (high, high, high)
                for high in range(0xD8)
            )
            + b"endcmap end end",
            packed=True,
        )
        descendant = self.add(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Plain /DW 500 "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            "/FontDescriptor << /Type /FontDescriptor /FontName /Plain /Flags 4 /FontBBox [0 -200 1000 900] "
            "/ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >> >>"
        )
        return self.add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /Plain /Encoding /Identity-H "
            f"/DescendantFonts [{descendant} 0 R] /ToUnicode {to_unicode} 0 R >>"
        )

    def page(self, text: str = "", *, draw: str = "", entries: str = "", resources: str = "") -> int:
        """Add a page with lines of text, raw drawing operators and further entries."""
        content = (show(text) + "\n" + draw).encode("latin-1")
        drawn = self.stream(content, packed=True)
        number = self.add(
            f"<< /Type /Page /Parent {self._pages} 0 R /MediaBox [0 0 595 842] /Contents {drawn} 0 R "
            f"/Resources << /Font << /F {self._font} 0 R >> {resources} >> {entries} >>"
        )
        self.pages.append(number)
        return number

    def form(self, text: str, size: tuple[int, int] = (300, 60)) -> int:
        """Add a form XObject (an appearance) that shows a text."""
        entries = (
            f"/Type /XObject /Subtype /Form /BBox [0 0 {size[0]} {size[1]}] "
            f"/Resources << /Font << /F {self._font} 0 R >> >>"
        )
        return self.stream(show(text, top=size[1] - 20, left=5).encode("latin-1"), entries)

    def image(self, width: int, height: int) -> int:
        entries = (
            f"/Type /XObject /Subtype /Image /Width {width} /Height {height} "
            "/ColorSpace /DeviceGray /BitsPerComponent 8"
        )
        return self.stream(bytes(width * height), entries, packed=True)

    def build(self) -> bytes:
        kids = " ".join(f"{number} 0 R" for number in self.pages)
        self.objects[self._pages - 1] = f"<< /Type /Pages /Kids [{kids}] /Count {len(self.pages)} >>".encode()
        catalog = self.add(f"<< /Type /Catalog /Pages {self._pages} 0 R {' '.join(self.catalog)} >>")
        info = self.add(
            "<< " + " ".join(f"/{key} {string(value)}" for key, value in self.info.items()) + " >>"
        )
        out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
        for number, body in enumerate(self.objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        entries = f"/Size {len(offsets) + 1} /Root {catalog} 0 R /Info {info} 0 R {self.trailer}"
        out += f"trailer << {entries} >>\n".encode()
        return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def string(text: str) -> str:
    """A text string as a PDF writes it: UTF-16 in hexadecimal."""
    return f"<FEFF{text.encode('utf-16-be').hex()}>"


def show(text: str, *, top: int = 800, left: int = 40, mode: int = 0) -> str:
    """Operators that show lines of text; `mode` 3 is invisible."""
    lines = [
        f"BT /F 11 Tf {mode} Tr {left} {top - 14 * index} Td <{line.encode('utf-16-be').hex()}> Tj ET"
        for index, line in enumerate(text.splitlines())
        if line
    ]
    return "\n".join(lines)


def simple(pages: Sequence[str], info: Mapping[str, str] | None = None) -> bytes:
    """A PDF of text pages."""
    made = Pdf()
    made.info.update(info or {})
    for text in pages:
        made.page(text)
    return made.build()
