"""Reading a table line by line: constant memory, and no shape of a line that stops the rest (issue item 3)."""

import tracemalloc
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.usecases.import_sims import COLUMNS, SECRETS, read
from werda.usecases.importing.cells import BadCell
from werda.usecases.importing.table_file import Columns, Line, TableFile

UTC = ZoneInfo("UTC")
TWO = Columns(wanted=("one", "two"), required=("one",))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for rows in (20_000, 100_000):
        path = tmp_path / "long.csv"
        path.write_text("one;two\n" + f"some;{'thing' * 40}\n" * rows)
        tracemalloc.start()
        assert sum(chunk.rows for chunk in TableFile.open(path, TWO).chunks(after=0, rows=1_000)) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2, peaks


@given(lines=st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=20))
def test_whatever_the_bytes_every_line_is_a_row_or_a_reject(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "file.csv"
    path.write_bytes(b"one;two\n" + b"".join(line + b"\n" for line in lines) + b"good;row\n")
    chunks = list(TableFile.open(path, TWO).chunks(after=0, rows=7))
    read = [(line.number, line.cells) for chunk in chunks for line in chunk.lines]
    numbers = [number for number, _ in read] + [reject.line for chunk in chunks for reject in chunk.rejects]
    assert sorted(numbers) == [n for n, line in enumerate([*lines, b"x"], start=2) if line.rstrip(b"\r")]
    assert read[-1] == (len(lines) + 2, ["good", "row"])


def test_reading_goes_on_behind_any_line(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("one;two\n1;a\n\n2;b\nbroken\n3;c\n")
    file = TableFile.open(path, TWO)
    for after, expected in ((0, "123"), (2, "23"), (3, "23"), (4, "3"), (5, "3"), (6, "")):
        found = [line.cells[0] for chunk in file.chunks(after=after, rows=2) for line in chunk.lines]
        assert found == list(expected)


@pytest.mark.parametrize("column", ["pin1", "puk1", "pin2", "puk2"])
@given(cell=st.text("0123456789 x٣", max_size=10))
def test_plain_secrets_are_read_as_their_parser_would(column: str, cell: str) -> None:
    _, parse, _ = SECRETS[column]
    cells: list[str | None] = [None] * len(COLUMNS.wanted)
    cells[0], cells[COLUMNS.wanted.index(column)] = "8949440000001672706", cell
    parsed = parse(Secret(cell))
    if isinstance(parsed, Malformed) and cell:
        with pytest.raises(BadCell, match=parsed.reason):
            read(Line(2, cells), UTC)
    else:
        read_secrets = list(read(Line(2, cells), UTC).secrets.values())
        assert read_secrets == ([] if isinstance(parsed, Malformed) else [parsed.secret])
