"""How fast a print run is, and whether its memory stays the same: 10 000 code letters into one PDF.

Each round is a process of its own, so that its peak memory is that of the run alone: after a tenth of the letters, and
at the end. `python -m bench.print_run LETTERS FOLDER` measures one round and prints it as JSON.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import report
from werda.core.secret import Secret
from werda.documents.code_letter import CodeLetter, TellsCustomerCode
from werda.documents.cover import Cover, Recipient
from werda.documents.letterhead import Letterhead
from werda.documents.print_run import Letter, print_run
from werda.documents.wording import CATALOGUES

LETTERS = 10_000


@dataclass(frozen=True)
class Round:
    """One run: letters, seconds by the clock and of CPU, bytes of the PDF, peak MB after a tenth and at the end."""

    letters: int
    wall: float
    cpu: float
    size: int
    early_peak: float
    peak: float


def letters(count: int) -> Iterator[Letter]:
    """Letters to so many customers, in all catalogues by turns."""
    head = Letterhead(
        *("Nordfunk", "Nordfunk GmbH", "Deichweg 1", "25813", "Husum"),
        *("mein.nordfunk.example", "04841 123450", "post@nordfunk.example"),
    )
    for n in range(count):
        recipient = Recipient((f"Maren Muster{n}", f"Deichweg {n % 99}", "25813 Husum"), "Maren", f"Muster{n}")
        cover = Cover(head, CATALOGUES[n % len(CATALOGUES)], recipient, f"K{n:08}", date(2023, 2, 16))
        yield Letter(f"{n:08}", CodeLetter(cover, TellsCustomerCode(Secret(f"{n % 10_000:04}"))))


def run(count: int, folder: Path) -> Round:
    """Print in this process. The peak is that of the whole process, so run it in one of its own."""
    peaks: list[float] = []

    def progress(taken: int) -> None:
        if taken >= count / 10:
            peaks.append(_peak())

    started, spent = time.perf_counter(), time.process_time()
    done = print_run(
        letters(count), folder / "run.pdf", title="Print run", now=datetime(2023, 2, 16, tzinfo=UTC), progress=progress
    )
    assert (done.letters, done.pages, done.rejected) == (count, count, 0)
    return Round(
        *(count, time.perf_counter() - started, time.process_time() - spent, done.pdf.stat().st_size),
        *(peaks[0], peaks[-1]),
    )


def measure(*, count: int = LETTERS, rounds: int = 1) -> list[Round]:
    """So many rounds, each in a process of its own."""
    found = []
    for _ in range(rounds):
        with TemporaryDirectory(prefix="werda-print-") as folder:
            command = [sys.executable, "-m", "bench.print_run", str(count), folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            found.append(Round(**json.loads(done.stdout)))
    return found


def rows(rounds: list[Round]) -> list[report.Row]:
    """The rounds' medians as rows of a table."""
    wall, cpu, size, early, peak = (
        statistics.median(getattr(each, name) for each in rounds)
        for name in ("wall", "cpu", "size", "early_peak", "peak")
    )
    count = rounds[0].letters
    return [
        report.Row(
            f"print run, {count:,} letters", f"{count / wall:,.0f} letters/s", "", "", f"{cpu / count * 1e3:.1f} ms", ""
        ),
        report.Row(f"size of its PDF, {count:,} letters", f"{size / 1e6:.0f} MB", "", "", "", ""),
        report.Row(f"peak memory after {count // 10:,} letters", f"{early:.0f} MB", "", "", "", ""),
        report.Row(f"peak memory after {count:,} letters", f"{peak:.0f} MB", "", "the same", "", ""),
    ]


def _peak() -> float:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asdict(run(int(sys.argv[1]), Path(sys.argv[2])))))
