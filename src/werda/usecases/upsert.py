"""Bring in customers, lines and SIMs that the operator's systems tell one by one (design decision 10).

The rows are those of the import's files and go through the same code, so the same rows give the same tables by either
way: newer wins, contradictions and bad cells keep a row out with the same reason, secrets changed later stay.

A file has its columns for all rows. Here each row says what it says; those that name the same columns are taken
together, like a small file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from werda.core.malformed import Malformed
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.usecases.import_customers import CustomerImport
from werda.usecases.import_sims import SimImport, cooling_of
from werda.usecases.importing import customer_file, sim_file
from werda.usecases.importing.newer_wins import Connection, prepare
from werda.usecases.importing.outcome import Outcome, Remark
from werda.usecases.importing.run import BrandRules, Importer, take
from werda.usecases.importing.table_file import Columns, Rows, tidy

Row = Mapping[str, str]
"""What is told: the columns of the import's file by name; one that is not there says nothing."""


class What(StrEnum):
    """Which file the rows could stand in."""

    CUSTOMERS = "customers"
    SIMS = "sims"


_COLUMNS: Mapping[What, Columns] = {What.CUSTOMERS: customer_file.COLUMNS, What.SIMS: sim_file.COLUMNS}


@dataclass(frozen=True, slots=True)
class Upsert:
    """Rows of one brand, and when they were true. The remarks about them count rows from 0."""

    what: What
    brand: BrandRules
    as_of: datetime
    rows: Sequence[Row]


def upsert(connection: Connection, told: Upsert, verifier: Verifier, custody: Custody, *, now: datetime) -> Outcome:
    """Bring the rows in. The last transaction is left open, for the caller to write its own word and commit."""
    prepare(connection)
    importer: Importer
    if told.what is What.CUSTOMERS:
        importer = CustomerImport(connection, told.brand.id, told.as_of, now, told.brand.policies, verifier, custody)
    else:
        cooling = cooling_of(told.brand.policies, now)
        importer = SimImport(connection, told.brand.id, told.as_of, told.brand.zone, cooling, verifier, custody)
    outcome = Outcome()
    for rows in _small_files(told.rows, _COLUMNS[told.what], outcome):
        connection.commit()
        taken = take(connection, importer, rows)
        outcome.changed |= taken.changed
        outcome.rejects += [_of_a_row(reject) for reject in taken.rejects]
        outcome.warnings += taken.warnings
    outcome.changed -= {reject.line for reject in outcome.rejects}
    return outcome


def _of_a_row(reject: Remark) -> Remark:
    """What an import says of another line of its file, said of another row."""
    return replace(reject, reason=re.sub(r"than line (?=[0-9])", "than row ", reject.reason))


def _small_files(told: Sequence[Row], columns: Columns, outcome: Outcome) -> list[Rows]:
    """The rows that can be read, together with those that name the same columns."""
    files: dict[frozenset[str], dict[int, dict[str, str]]] = {}
    for number, row in enumerate(told):
        cells = {name: tidy(row[name]) for name in columns.wanted if name in row}
        bad = next(((name, cell) for name, cell in cells.items() if isinstance(cell, Malformed)), None)
        if bad is not None:
            outcome.reject(number, bad[0], bad[1].reason)
            continue
        read = {name: cell for name, cell in cells.items() if not isinstance(cell, Malformed)}
        files.setdefault(frozenset(read), {})[number] = read
    return [
        Rows(
            list(rows),
            [[row[name] for row in rows.values()] if name in names else None for name in columns.wanted],
        )
        for names, rows in files.items()
    ]
