"""Reading a table line by line: constant memory, and no shape of a line that stops the rest (issue item 3)."""

import tracemalloc
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.core.sim import DeliveryPin, Puk
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.sim_file import COLUMNS, read_sims
from werda.usecases.importing.table_file import Chunk, Columns, Rows, TableFile

UTC = ZoneInfo("UTC")
TWO = Columns(wanted=("one", "two"), required=("one",))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for rows in (20_000, 100_000):
        path = tmp_path / "long.csv"
        path.write_text("one;two\n" + f"some;{'thing' * 40}\n" * rows)
        tracemalloc.start()
        assert sum(chunk.count for chunk in TableFile.open(path, TWO).chunks(after=0, rows=1_000)) == rows
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
    read = [row for chunk in chunks for row in rows_of(chunk)]
    numbers = [number for number, _ in read] + [reject.line for chunk in chunks for reject in chunk.rejects]
    assert sorted(numbers) == [n for n, line in enumerate([*lines, b"x"], start=2) if line.rstrip(b"\r")]
    assert read[-1] == (len(lines) + 2, ["good", "row"])


def test_reading_goes_on_behind_any_line(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("one;two\n1;a\n\n2;b\nbroken\n3;c\n")
    file = TableFile.open(path, TWO)
    for after, expected in ((0, "123"), (2, "23"), (3, "23"), (4, "3"), (5, "3"), (6, "")):
        found = [cells[0] for chunk in file.chunks(after=after, rows=2) for _, cells in rows_of(chunk)]
        assert found == list(expected)


@given(
    lines=st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=20),
    odd=st.sampled_from([b'"quoted";1', b"", b"too;many;cells", b"one"]),
)
def test_columns_cut_at_once_are_those_of_each_line(
    lines: list[bytes], odd: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "file.csv"
    content = b"".join(line.replace(b'"', b"") + b";x\r\n" for line in lines)
    path.write_bytes(b"one;two\n" + content)
    at_once = [row for chunk in TableFile.open(path, TWO).chunks(after=0, rows=100) for row in rows_of(chunk)]
    path.write_bytes(b"one;two\n" + content + odd + b"\n")
    one_by_one = [row for chunk in TableFile.open(path, TWO).chunks(after=0, rows=100) for row in rows_of(chunk)]
    assert one_by_one[: len(at_once)] == at_once


@pytest.mark.parametrize("column", ["pin1", "puk1", "pin2", "puk2"])
@given(cell=st.text("0123456789 x٣", max_size=10).map(lambda cell: " ".join(cell.split())))
def test_plain_secrets_are_read_as_their_parser_would(column: str, cell: str) -> None:
    parse = Puk.parse if column.startswith("puk") else DeliveryPin.parse
    columns: list[list[str] | None] = [None] * len(COLUMNS.wanted)
    columns[0], columns[COLUMNS.wanted.index(column)] = ["8949440000001672706"], [cell]
    outcome = Outcome()
    read = read_sims(Rows([2], columns), UTC, outcome)
    parsed = parse(Secret(cell))
    if isinstance(parsed, Malformed) and cell:
        assert [(reject.column, reject.reason) for reject in outcome.rejects] == [(column, parsed.reason)]
        assert not read.line
    else:
        texts = [secret for secrets in read.secrets if secrets for secret in secrets.reveal().split("\n") if secret]
        assert texts == ([] if isinstance(parsed, Malformed) else [parsed.secret.reveal()])


def rows_of(chunk: Chunk) -> list[tuple[int, list[str]]]:
    """The rows of a chunk, each with the number of its line; both columns of these files are there."""
    columns = [column for column in chunk.rows.columns if column is not None]
    return [(n, list(cells)) for n, cells in zip(chunk.rows.numbers, zip(*columns, strict=True), strict=True)]
