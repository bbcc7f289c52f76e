"""The rejects file: line, column and reason of each row that stayed out, never what the row held (B9).

It is on the disk before the chunk is committed, so a crash loses no reject; what an import that resumes will say
again is removed first.
"""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from werda.usecases.importing.outcome import Remark

_HEADER: Final = ["line", "column", "reason"]


class RejectsFile:
    """Grows chunk by chunk; without a reject there is no file."""

    def __init__(self, path: Path, *, up_to_line: int) -> None:
        """Begin after the rows up to `up_to_line`, 0 for the beginning."""
        self.path = path
        kept = _read(path, up_to_line) if up_to_line else []
        path.unlink(missing_ok=True)
        self.add(kept)

    def add(self, rejects: Sequence[Remark]) -> None:
        """Write rejects; they are on the disk when this returns."""
        if not rejects:
            return
        fresh = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            if fresh:
                rows.writerow(_HEADER)
            rows.writerows([reject.line, reject.column, reject.reason] for reject in rejects)
            file.flush()
            os.fsync(file.fileno())


def _read(path: Path, up_to_line: int) -> list[Remark]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) == len(_HEADER) and row[0].isdigit()]
    return [Remark(int(line), column, reason) for line, column, reason in rows if int(line) <= up_to_line]
