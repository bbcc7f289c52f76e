"""A table as a file: one header, one row per line, cells apart by semicolon, comma or tab, UTF-8 (RFC 4180 quoting).

Lines are split as bytes and only the columns that are wanted are decoded: what a SIM vendor's file holds beyond them
(Ki, OPc, ADM keys) is never read. A quote that does not close spoils its own line and no other, because a row cannot
go on in the next line. Memory does not grow with the file.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, Self

from werda.core.malformed import Malformed
from werda.usecases.importing.outcome import Remark, UnusableFile

Cells = list[str | None]
"""The cells of a row in the order of the wanted columns; None for a column the file does not have."""

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


class Line(NamedTuple):
    """A row and the number of its line, from 1."""

    number: int
    cells: Cells


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file: those that can be read, and why the rest cannot. `end` is the byte after the last one."""

    lines: list[Line]
    rejects: list[Remark]
    last_line: int
    rows: int
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
        pick = self._picker()
        absent = [index for index, position in enumerate(self.positions) if position is None]
        with self.path.open("rb") as file:
            for _ in islice(file, max(after, 1)):
                pass
            number, end = max(after, 1), 0
            while block := list(islice(file, rows)):
                lines: list[Line] = []
                rejects: list[Remark] = []
                for raw in block:
                    number += 1
                    row = raw.rstrip(b"\r\n")
                    if not row:
                        continue
                    cells = self._cells(row, pick, absent)
                    if isinstance(cells, list):
                        lines.append(Line(number, cells))
                    else:
                        rejects.append(Remark(number, *cells))
                end = file.tell() if file.seekable() else end
                yield Chunk(lines, rejects, number, len(lines) + len(rejects), end)

    def _picker(self) -> Pick:
        """Takes the wanted cells out of a row to which one empty cell was added, for the columns that are not there."""
        chosen = [self.width if position is None else position for position in self.positions]
        return itemgetter(*chosen)

    def _cells(self, row: bytes, pick: Pick, absent: Sequence[int]) -> Cells | tuple[str, str]:
        """The wanted cells, trimmed, or column and reason why the row cannot be read."""
        cells = row.split(self.delimiter) if b'"' not in row else _split_quoted(row, self.delimiter)
        if isinstance(cells, Malformed):
            return "", cells.reason
        if len(cells) != self.width:
            return "", f"has {len(cells)} cells where the header has {self.width}"
        cells.append(b"")
        chosen = pick(cells)
        try:
            text = _APART.encode().join(chosen).decode()
        except UnicodeDecodeError:
            return self._undecodable(chosen), _NOT_UTF8
        values: Cells = [value.strip() for value in text.split(_APART)] if " " in text else [*text.split(_APART)]
        if not text.replace(_APART, "").isprintable():
            odd = self._clean(chosen, values)
            if odd is not None:
                return odd
        for index in absent:
            values[index] = None
        return values

    def _undecodable(self, chosen: tuple[bytes, ...]) -> str:
        for name, cell in zip(self.columns.wanted, chosen, strict=True):
            try:
                cell.decode()
            except UnicodeDecodeError:
                return name
        raise AssertionError("one of the cells did not decode")

    def _clean(self, chosen: tuple[bytes, ...], values: Cells) -> tuple[str, str] | None:
        """Make odd blanks (no-break space, tab) plain ones; column and reason when something invisible remains."""
        values[:] = [" ".join(cell.decode().split()) for cell in chosen]
        for name, value in zip(self.columns.wanted, values, strict=True):
            if value is not None and not value.isprintable():
                return name, "contains an invisible character; remove it"
        return None


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
        return [cell.decode().strip() for cell in cells]
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
