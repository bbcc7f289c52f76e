"""A table as a file: one header, one row per line, cells apart by semicolon, comma or tab, UTF-8 (RFC 4180 quoting).

Lines are split as bytes and only the columns that are wanted are decoded: what a SIM vendor's file holds beyond them
(Ki, OPc, ADM keys) is never read. A quote that does not close spoils its own line and no other, because a row cannot
go on in the next line. Memory does not grow with the file.

Rows are given column by column. Where no line of a block needs a look of its own, its columns are cut and decoded
whole, which takes a fifth of the time; one odd line, and each line of that block is read for itself, to the same end.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Final, Self

from werda.core.malformed import Malformed
from werda.usecases.importing.outcome import Remark, UnusableFile

Column = list[str] | None
"""The cells of a column, one for each row; None for a column the file does not have."""

Pick = Callable[[Sequence[bytes]], tuple[bytes, ...]]

_BOM: Final = b"\xef\xbb\xbf"
_DELIMITERS: Final = (b";", b",", b"\t")
_BLOCK: Final = 1 << 20
_APART: Final = "\x1f"
_NOT_UTF8: Final = "is not UTF-8; save the file in that encoding"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns an import wants; `dropped` matches plain names of those that are never read and never spoken of."""

    wanted: tuple[str, ...]
    required: tuple[str, ...]
    dropped: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table: the numbers of their lines, from 1, and the wanted columns in their order."""

    numbers: Sequence[int]
    columns: Sequence[Column]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file: those that can be read, and why the rest cannot; `count` is that of both together.

    `end` is the byte after the last one.
    """

    rows: Rows
    rejects: list[Remark]
    last_line: int
    count: int
    end: int


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file whose header was understood. `fingerprint` is its SHA-256, `size` its bytes.

    `ignored` are the names of columns that nobody wanted, `dropped` those that must not be read.
    """

    path: Path
    columns: Columns
    delimiter: bytes
    positions: tuple[int | None, ...]
    width: int
    fingerprint: bytes
    size: int
    ignored: tuple[str, ...]
    dropped: tuple[str, ...]

    @classmethod
    def open(cls, path: Path, columns: Columns, own_names: Mapping[str, str] | None = None) -> Self:
        """Read the header. `own_names` maps the file's column names to ours. Raises `UnusableFile`."""
        try:
            fingerprint, size = _survey(path)
            with path.open("rb") as file:
                header = file.readline(_BLOCK)
        except OSError as error:
            raise UnusableFile(f"{path} cannot be read: {error.strerror}") from error
        names_by_delimiter = {delimiter: _header(header, delimiter) for delimiter in _DELIMITERS}
        mapping = {_plain(own): ours for own, ours in (own_names or {}).items()}
        _check_mapping(mapping, columns)
        delimiter = max(
            _DELIMITERS, key=lambda d: sum(_ours(name, columns, mapping) != "" for name in names_by_delimiter[d])
        )
        names = names_by_delimiter[delimiter]
        positions = _positions(names, columns, mapping)
        unwanted = [name for name in names if not _ours(name, columns, mapping)]
        dropped = [name for name in unwanted if columns.dropped and columns.dropped.fullmatch(_plain(name))]
        ignored = tuple(name for name in unwanted if name not in dropped)
        return cls(path, columns, delimiter, positions, len(names), fingerprint, size, ignored, tuple(dropped))

    def chunks(self, *, after: int, rows: int) -> Iterator[Chunk]:
        """The rows behind the line numbered `after`, at most `rows` in each chunk. Empty lines are read over."""
        with self.path.open("rb") as file:
            for _ in islice(file, max(after, 1)):
                pass
            line, end = max(after, 1), 0
            while block := list(islice(file, rows)):
                numbers: Sequence[int] = range(line + 1, line + 1 + len(block))
                rejects: list[Remark] = []
                columns = self._columns_at_once(block)
                if columns is None:
                    numbers, columns = self._line_by_line(numbers, block, rejects)
                line += len(block)
                end = file.tell() if file.seekable() else end
                yield Chunk(Rows(numbers, columns), rejects, line, len(numbers) + len(rejects), end)

    def _columns_at_once(self, block: list[bytes]) -> list[Column] | None:
        """The wanted columns of a block without an odd line; None when there may be one."""
        data = b"".join(block).replace(b"\r\n", b"\n").removesuffix(b"\n")
        if b'"' in data or b"\n\n" in data or data.startswith(b"\n"):
            return None
        rows = [line.split(self.delimiter) for line in data.split(b"\n")]
        if len(rows) != len(block) or set(map(len, rows)) != {self.width}:
            return None
        cells = list(zip(*rows, strict=True))
        columns: list[Column] = []
        for position in self.positions:
            column = _plain_column(cells[position]) if position is not None else None
            if column is None and position is not None:
                return None
            columns.append(column)
        return columns

    def _line_by_line(
        self, numbers: Sequence[int], block: list[bytes], rejects: list[Remark]
    ) -> tuple[list[int], list[Column]]:
        """The lines that can be read, their numbers and their columns; empty lines are read over."""
        pick = self._picker()
        good: list[int] = []
        rows: list[list[str]] = []
        for number, raw in zip(numbers, block, strict=True):
            line = raw.rstrip(b"\r\n")
            if not line:
                continue
            cells = self._cells(line, pick)
            if isinstance(cells, list):
                good.append(number)
                rows.append(cells)
            else:
                rejects.append(Remark(number, *cells))
        columns: list[Column] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in self.positions]
        return good, [
            None if position is None else column for position, column in zip(self.positions, columns, strict=True)
        ]

    def _picker(self) -> Pick:
        """Takes the wanted cells out of a row to which one empty cell was added, for the columns that are not there."""
        chosen = [self.width if position is None else position for position in self.positions]
        return itemgetter(*chosen)

    def _cells(self, row: bytes, pick: Pick) -> list[str] | tuple[str, str]:
        """The wanted cells, trimmed, or column and reason why the row cannot be read."""
        cells = row.split(self.delimiter) if b'"' not in row else _split_quoted(row, self.delimiter)
        if isinstance(cells, Malformed):
            return "", cells.reason
        if len(cells) != self.width:
            return "", f"has {len(cells)} cells where the header has {self.width}"
        chosen = pick([*cells, b""])
        values = []
        for name, cell in zip(self.columns.wanted, chosen, strict=True):
            try:
                value = tidy(cell.decode())
            except UnicodeDecodeError:
                return name, _NOT_UTF8
            if isinstance(value, Malformed):
                return name, value.reason
            values.append(value)
        return values


def tidy(cell: str) -> str | Malformed:
    """A cell without blanks around it; odd blanks inside (no-break space, tab) become plain ones."""
    value = " ".join(cell.split())
    return value if value.isprintable() else Malformed("contains an invisible character; remove it")


def _plain_column(cells: tuple[bytes, ...]) -> list[str] | None:
    """The cells of a column, trimmed; None when one of them is not UTF-8 or needs a look of its own."""
    try:
        text = _APART.encode().join(cells).decode()
    except UnicodeDecodeError:
        return None
    values = text.split(_APART)
    if len(values) != len(cells) or not text.replace(_APART, "").isprintable():
        return None
    # A blank at an edge, or two of them, is rare; to look for each kind is faster than for any.
    around = f"{_APART}{text}{_APART}" if " " in text else ""
    if any(odd in around for odd in ("  ", f" {_APART}", f"{_APART} ")):
        return [" ".join(value.split()) for value in values]
    return values


def is_not_utf8(reject: Remark) -> bool:
    """Whether the row was kept out for its encoding."""
    return reject.reason == _NOT_UTF8


def _survey(path: Path) -> tuple[bytes, int]:
    """SHA-256 and size; refuses what has no lines."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if b"\n" not in block and (len(block) == _BLOCK or b"\r" in block):
                raise UnusableFile(
                    f"{path} has a line of more than a megabyte; a row is one line that ends with LF or CRLF"
                )
            digest.update(block)
            size += len(block)
    return digest.digest(), size


def _header(line: bytes, delimiter: bytes) -> list[str]:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableFile("the file is UTF-16; save it as UTF-8")
    row = line.removeprefix(_BOM).rstrip(b"\r\n")
    cells = row.split(delimiter) if b'"' not in row else _split_quoted(row, delimiter)
    if isinstance(cells, Malformed):
        return []
    try:
        return [" ".join(cell.decode().split()) for cell in cells]
    except UnicodeDecodeError:
        raise UnusableFile(f"line 1 {_NOT_UTF8}") from None


def _check_mapping(mapping: Mapping[str, str], columns: Columns) -> None:
    for own, ours in mapping.items():
        if ours not in columns.wanted:
            raise UnusableFile(
                f"the mapping names the column {ours}, which is unknown; known are {_listed(columns.wanted)}"
            )
        if columns.dropped and columns.dropped.fullmatch(own):
            raise UnusableFile(f"the mapping reads a column that is dropped unread, as {ours}; remove that line")


def _positions(names: list[str], columns: Columns, mapping: Mapping[str, str]) -> tuple[int | None, ...]:
    found: dict[str, int] = {}
    for index, name in enumerate(names):
        ours = _ours(name, columns, mapping)
        if ours in found:
            raise UnusableFile(f"line 1 names the column {ours} twice; rename or remove one")
        if ours:
            found[ours] = index
    if missing := [name for name in columns.required if name not in found]:
        raise UnusableFile(
            f"line 1 must name the columns, apart by ; or , or tab, and lacks {_listed(missing)};"
            f" known are {_listed(columns.wanted)}, others are mapped with --map"
        )
    return tuple(found.get(name) for name in columns.wanted)


def _ours(name: str, columns: Columns, mapping: Mapping[str, str]) -> str:
    """Our name of a file's column: by the mapping, else by the same letters and digits; empty when it is not wanted."""
    plain = _plain(name)
    return mapping.get(plain) or next((ours for ours in columns.wanted if _plain(ours) == plain), "")


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)


def _split_quoted(row: bytes, delimiter: bytes) -> list[bytes] | Malformed:
    """The cells of a row with quotes: a quoted cell may hold delimiters, and a quote as two of them."""
    apart = re.escape(delimiter)
    cell = re.compile(rb'(?:"([^"]*(?:""[^"]*)*)"|((?!")[^%s]*))(?=%s|\Z)' % (apart, apart))
    cells, position = [], 0
    while found := cell.match(row, position):
        cells.append(found[2] if found[1] is None else found[1].replace(b'""', b'"'))
        if found.end() == len(row):
            return cells
        position = found.end() + 1
    return Malformed("a quote opens a cell and does not close it on this line; a row is one line")
