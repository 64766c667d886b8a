"""Rows of tables: cells side by side are one line, so that a field and its value stay together."""


class Rows:
    """Collects the lines of cells while rows are open; tables inside a cell come out before its row."""

    def __init__(self) -> None:
        self._rows: list[list[list[str]]] = []

    def open(self) -> None:
        """A row begins."""
        self._rows.append([])

    def cell(self) -> None:
        """A cell begins; outside a row it is none."""
        if self._rows:
            self._rows[-1].append([])

    def take(self, line: str) -> bool:
        """Keep a line of the open cell; False if there is none."""
        if not self._rows or not self._rows[-1]:
            return False
        self._rows[-1][-1].append(line)
        return True

    def close(self) -> list[str]:
        """A row ends: return its lines. If any cell has several lines, each cell is a block of its own."""
        cells = self._rows.pop() if self._rows else []
        lines = [line for cell in cells for line in cell]
        if len(lines) < 2 or any(len(cell) > 1 or "\n" in "".join(cell) for cell in cells):
            return lines
        return ["\t".join("".join(cell) for cell in cells).strip("\t")]
