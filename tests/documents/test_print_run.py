"""A print run is whole or not there, can be made again, tells no secret beside its PDF, and needs no more memory for
more letters."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from bench import print_run as benchmark
from tests.documents import conformance, papers, reading
from werda.core.secret import Secret
from werda.documents.code_letter import CodeLetter, TellsCustomerCode
from werda.documents.cover import Recipient
from werda.documents.print_run import EmptyRun, Letter, PrintRun, print_run
from werda.documents.sim_carrier import SimCarrier
from werda.documents.typesetting import PaperFailed
from werda.documents.whole_files import FilesAreBusy
from werda.documents.wording import CATALOGUES

NOW = datetime(2023, 2, 16, 8, 30, tzinfo=UTC)


def code_letters(count: int, *, first: int = 0) -> Iterator[Letter]:
    for n in range(first, first + count):
        cover = replace(papers.cover(CATALOGUES[n % 3]), customer_number=f"K{n:07}")
        yield Letter(f"letter-{n}", CodeLetter(cover, TellsCustomerCode(Secret(f"{4000 + n}"))))


def mixed() -> list[Letter]:
    """Letters of one, two and three pages."""
    return [
        *code_letters(2),
        Letter("contract", papers.contract("en")),
        Letter("sims", SimCarrier(papers.cover("de-sie"), (papers.CARD, papers.ESIM, papers.SECOND_CARD))),
        *code_letters(12, first=2),
    ]


def printed(folder: Path, letters: Iterator[Letter] | list[Letter], *, duplex: bool = False) -> PrintRun:
    return print_run(letters, folder / "run.pdf", title="Lauf 7", now=NOW, duplex=duplex)


def index(run: PrintRun) -> list[dict[str, str]]:
    with run.index.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text_of(run: PrintRun, row: dict[str, str]) -> str:
    pages = range(int(row["first_page"]), int(row["last_page"]) + 1)
    pdf = run.pdf.read_bytes()
    return "".join(reading.digits_and_letters(pdf, page=page) for page in pages)


@pytest.mark.parametrize("duplex", [False, True])
def test_index_says_which_pages_are_whose(tmp_path: Path, duplex: bool) -> None:
    letters = mixed()
    run = printed(tmp_path, letters, duplex=duplex)
    rows = index(run)
    assert [row["letter"] for row in rows] == [letter.letter_id for letter in letters]
    assert [row["customer_number"] for row in rows] == [letter.paper.cover.customer_number for letter in letters]
    assert [int(row["first_page"]) for row in rows] == [1, *(int(row["last_page"]) + 1 for row in rows[:-1])]
    assert int(rows[-1]["last_page"]) == run.pages == len(pikepdf.open(run.pdf).pages)
    for letter, row in zip(letters, rows, strict=True):
        text = text_of(run, row)
        assert text.count(f"{letter.paper.cover.recipient.lines[1].replace(' ', '')}") == 1
        if isinstance(letter.paper, CodeLetter):
            assert letter.paper.tells.code.reveal() in text
            assert letter.paper.cover.customer_number in text


def test_letters_of_several_pages_number_their_own(tmp_path: Path) -> None:
    run = printed(tmp_path, mixed())
    contract = reading.running_text(run.pdf.read_bytes(), page=5)
    assert "Page 3 of 3" in contract
    assert "Seite 1 von 1" in reading.running_text(run.pdf.read_bytes(), page=run.pages - 1)


def test_duplex_run_begins_each_letter_on_a_sheet_of_its_own(tmp_path: Path) -> None:
    run = printed(tmp_path, mixed(), duplex=True)
    assert all(int(row["first_page"]) % 2 == 1 for row in index(run))
    assert run.pages % 2 == 0
    assert reading.text(run.pdf.read_bytes(), page=2).strip() == ""  # the back of the first letter


def test_index_and_rejects_hold_no_secret_and_only_the_owner_may_read(tmp_path: Path) -> None:  # B9
    letters = [
        *mixed(),
        Letter("odd", CodeLetter(papers.cover("en", Recipient(("Иван",))), TellsCustomerCode(Secret("4817")))),
    ]
    run = printed(tmp_path, letters)
    told = run.index.read_text("utf-8") + run.rejects.read_text("utf-8")
    codes = [letter.paper.tells.code.reveal() for letter in letters if isinstance(letter.paper, CodeLetter)]
    assert not [secret for secret in (*papers.SECRETS, *codes) if secret in told.replace(papers.CUSTOMER_NUMBER, "")]
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {
        "run.pdf": 0o600,
        "run.csv": 0o600,
        "run.rejects.csv": 0o600,
    }


def test_letter_that_cannot_be_printed_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    odd = [
        Letter(f"odd-{n}", CodeLetter(papers.cover("en", Recipient(("Иван",))), TellsCustomerCode(Secret("4817"))))
        for n in range(11)
    ]
    run = printed(tmp_path, [*odd, *code_letters(3)])
    assert (run.letters, run.rejected, run.pages) == (3, 11, 3)
    with run.rejects.open(encoding="utf-8", newline="") as file:
        rejects = list(csv.DictReader(file))
    assert [reject["letter"] for reject in rejects] == [letter.letter_id for letter in odd]
    assert "letters the papers' font lacks" in rejects[0]["reason"]
    assert printed(tmp_path, list(code_letters(3))).rejected == 0
    assert not run.rejects.exists()  # of the run before


def test_file_is_for_archive_and_printer(tmp_path: Path) -> None:
    run = printed(tmp_path, mixed(), duplex=True)
    with pikepdf.open(BytesIO(run.pdf.read_bytes())) as pdf:
        assert [fault for rule in conformance.ARCHIVE for fault in rule(pdf)] == []
        assert conformance.identifies_archive(pdf, "B") == []
        assert pdf.check_pdf_syntax() == []
        assert conformance._said(pdf, "xmp:CreateDate") == "2023-02-16T08:30:00+00:00"
    pages = reading.pages(run.pdf.read_bytes(), dpi=30)
    assert len({page.size for page in pages}) == 1


def test_pages_look_as_they_do_in_a_file_of_their_own(tmp_path: Path) -> None:
    run = printed(tmp_path, [Letter("contract", papers.contract("de-du")), *code_letters(2)])
    alone = reading.pages(papers.paper("contract", "de-du"), dpi=60)
    together = reading.pages(run.pdf.read_bytes(), dpi=60)
    assert [page.tobytes() for page in together[:3]] == [page.tobytes() for page in alone]


def test_equal_letters_give_equal_files(tmp_path: Path) -> None:
    first = printed(tmp_path, mixed())
    before = (first.pdf.read_bytes(), first.index.read_bytes())
    assert printed(tmp_path, mixed()) == first
    assert (first.pdf.read_bytes(), first.index.read_bytes()) == before


def test_progress_is_told_after_each_chunk(tmp_path: Path) -> None:
    heard: list[int] = []
    print_run(code_letters(25), tmp_path / "run.pdf", title="x", now=NOW, progress=heard.append)
    assert heard == [10, 20, 25]


def failing(after: int) -> Iterator[Letter]:
    yield from code_letters(after)
    raise ConnectionError("the database is away")


def test_run_that_fails_leaves_the_files_of_the_run_before(tmp_path: Path) -> None:
    run = printed(tmp_path, list(code_letters(3)))
    before = (run.pdf.read_bytes(), run.index.read_bytes())
    with pytest.raises(ConnectionError):
        printed(tmp_path, failing(15))
    broken = replace(papers.cover("en"), letterhead=replace(papers.LETTERHEAD, logo="<svg"))
    with pytest.raises(PaperFailed):
        printed(tmp_path, [*code_letters(12), Letter("x", CodeLetter(broken, TellsCustomerCode(Secret("4817"))))])
    assert (run.pdf.read_bytes(), run.index.read_bytes()) == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.csv", "run.pdf"]


def test_run_without_letters_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(EmptyRun, match=r"no letter to print for run\.pdf"):
        printed(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_run_is_named_like_a_pdf(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"run\.csv does not end with \.pdf"):
        print_run(code_letters(1), tmp_path / "run.csv", title="x", now=NOW)


def test_two_runs_of_one_name_do_not_mix(tmp_path: Path) -> None:
    def letters() -> Iterator[Letter]:
        yield from code_letters(11)
        with pytest.raises(FilesAreBusy, match=r"run\.csv\.part"):
            printed(tmp_path, list(code_letters(1)))
        yield from code_letters(1, first=11)

    assert printed(tmp_path, letters()).letters == 12
    assert printed(tmp_path, list(code_letters(1))).letters == 1


_CRASHES = """
import os, signal, sys
from pathlib import Path
from tests.documents.test_print_run import NOW, code_letters, print_run
def progress(taken):
    if taken >= 30:
        os.kill(os.getpid(), signal.SIGKILL)
print_run(code_letters(60), Path(sys.argv[1]), title="Lauf 7", now=NOW, progress=progress)
"""


def test_crash_leaves_no_half_file_and_the_run_is_made_again(tmp_path: Path) -> None:
    crashed = subprocess.run([sys.executable, "-c", _CRASHES, str(tmp_path / "run.pdf")], check=False)
    assert crashed.returncode == -signal.SIGKILL
    left = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert left == {"run.pdf.part": 0o600, "run.csv.part": 0o600, "run.rejects.csv.part": 0o600}
    run = printed(tmp_path, list(code_letters(60)))
    assert run.letters == 60
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.csv", "run.pdf"]


def test_index_comes_last_so_that_it_vouches_for_the_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = printed(tmp_path, list(code_letters(2)))
    renamed: list[str] = []
    rename = Path.rename

    def crash_before_the_index(self: Path, target: Path) -> Path:
        renamed.append(self.name)
        if target == run.index:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", crash_before_the_index)
    with pytest.raises(KeyboardInterrupt):
        printed(tmp_path, list(code_letters(3)))
    assert renamed == ["run.pdf.part", "run.csv.part"]
    assert not run.index.exists()  # the old one went before the new PDF came


def test_more_letters_need_no_more_memory(tmp_path: Path) -> None:
    # A process that kept what it printed would grow by half a megabyte a letter; what Typst remembers is full after
    # the first hundred.
    command = [sys.executable, "-c", _PEAKS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    early, late = map(float, done.stdout.split())
    assert late - early < 40, f"{early:.0f} MB after 150 letters, {late:.0f} MB after 450"


_PEAKS = """
import sys
from pathlib import Path
from bench.print_run import _peak
from tests.documents.test_print_run import NOW, code_letters, print_run
peaks = {}
def progress(taken):
    peaks[taken] = _peak()
print_run(code_letters(450), Path(sys.argv[1], "run.pdf"), title="x", now=NOW, progress=progress)
print(peaks[150], peaks[450])
"""


def test_benchmark_measures_a_run() -> None:
    started = time.monotonic()
    (found,) = benchmark.measure(count=30)
    assert found.letters == 30
    assert 0 < found.wall < time.monotonic() - started
    assert 0 < found.early_peak <= found.peak
    assert [row.what for row in benchmark.rows([found])][:1] == ["print run, 30 letters"]
    assert os.sep not in benchmark.rows([found])[0].figure.replace("letters/s", "")
