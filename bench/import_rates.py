"""How many rows an import brings in for each second of one core, with encryption (issue item 3: at least 20 000).

What is counted is the CPU time of Python and of every PostgreSQL process together, so the rate is that of one core
whatever the number of cores; the rate by the clock stands beside it. Rows are those of a first import, the most
expensive kind, and of the same file once more, of which nothing is changed.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from werda.core.sim import check_digit_fails
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.store.roles import Database
from werda.usecases import import_customers, import_sims
from werda.usecases.importing.run import Order, Report
from werda.usecases.importing.table_file import Columns, TableFile

GOAL = 20_000
UseCase = Callable[[Database, Order, Verifier, Custody], Report]


@dataclass(frozen=True)
class Rate:
    """What `rows` rows of a kind cost: CPU seconds of Python and of PostgreSQL, and seconds by the clock."""

    kind: str
    rows: int
    python: float
    postgres: float
    wall: float

    @property
    def per_core(self) -> float:
        """Rows for each second of one core."""
        return self.rows / (self.python + self.postgres)

    @property
    def per_second(self) -> float:
        """Rows a second by the clock."""
        return self.rows / self.wall


def measure(
    database: Database, postmaster: int, brand: str, verifier: Verifier, custody: Custody, folder: Path,
    *, rows: int = 100_000, rounds: int = 5,
) -> list[Rate]:  # fmt: skip
    """The median of `rounds` for each kind of file, every round with rows of its own, in a database with that brand.

    `postmaster` is the process id of the PostgreSQL server.
    """
    found: dict[str, list[Rate]] = {}
    for number in range(rounds):
        first = number * rows
        for kind, columns, use_case, lines in (
            ("customers with line and code", import_customers.COLUMNS, import_customers.import_customers, _customers),
            ("SIM profiles into stock", import_sims.COLUMNS, import_sims.import_sims, _stock),
            ("SIM profiles with customer", import_sims.COLUMNS, import_sims.import_sims, _assigned),
        ):
            path = folder / "rates.csv"
            with path.open("w") as file:
                file.writelines(lines(first, rows))
            for again in ("", ", again"):
                spent = _spent(database, postmaster, brand, verifier, custody, path, columns, use_case)
                found.setdefault(kind + again, []).append(Rate(kind + again, rows, *spent))
    return [sorted(rates, key=lambda rate: rate.per_core)[len(rates) // 2] for rates in found.values()]


def table(rates: list[Rate]) -> list[tuple[str, str, str, str, str]]:
    """The rates as rows of a table: kind, rows a second of one core, by the clock, µs of Python, µs of PostgreSQL."""
    return [
        (
            rate.kind,
            f"{rate.per_core:,.0f}",
            f"{rate.per_second:,.0f}",
            f"{rate.python / rate.rows * 1e6:.1f}",
            f"{rate.postgres / rate.rows * 1e6:.1f}",
        )
        for rate in rates
    ]


def _spent(
    database: Database, postmaster: int, brand: str, verifier: Verifier, custody: Custody,
    path: Path, columns: Columns, use_case: UseCase,
) -> tuple[float, float, float]:  # fmt: skip
    python, postgres, wall = time.process_time(), _postgres_seconds(postmaster), time.perf_counter()
    now = datetime.now(UTC)
    order = Order(TableFile.open(path, columns), brand, now, path.with_suffix(".rejects"))
    report = use_case(database, order, verifier, custody)
    assert report.rejected == 0, f"{report.rejected} rows were rejected"
    python, wall = time.process_time() - python, time.perf_counter() - wall
    time.sleep(0.5)  # the server counts a process of its own only when that has ended
    return python, _postgres_seconds(postmaster) - postgres, wall


def _postgres_seconds(postmaster: int) -> float:
    """CPU time of the server, of its processes, and of those that have ended."""
    server = psutil.Process(postmaster)
    total = sum(server.cpu_times()[:4])
    for process in server.children():
        try:
            total += sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return total


def _customers(first: int, rows: int) -> Iterator[str]:
    yield (
        "customer_number;kind;payment;salutation;given_name;family_name;birth_date;street;postcode;city;email;language;"
        "msisdn;line_kind;tariff;customer_code\n"
    )
    for n in range(first, first + rows):
        yield (
            f"K{n:08};person;postpaid;;Maren;Muster{n};19{50 + n % 50}-05-17;Deichweg {n % 99};{10000 + n % 89999};"
            f"Husum;maren{n}@example.org;de;+490176{n:08};mobile;Nordfunk M;{n % 10000:04}\n"
        )


def _stock(first: int, rows: int) -> Iterator[str]:
    yield "ICCID;IMSI;Ki;OPc;ADM1;PIN1;PUK1;PIN2;PUK2\n"
    for n in range(first, first + rows):
        yield _profile("894944001", n) + "\n"


def _assigned(first: int, rows: int) -> Iterator[str]:
    yield "ICCID;IMSI;Ki;OPc;ADM1;PIN1;PUK1;PIN2;PUK2;MSISDN;status;activated_at\n"
    for n in range(first, first + rows):
        yield f"{_profile('894944002', n)};+490176{n:08};active;2022-05-01T10:00:00+02:00\n"


def _profile(issuer: str, n: int) -> str:
    number = f"{issuer}{n:010}"
    check = next(digit for digit in "0123456789" if not check_digit_fails(number + digit))
    key = f"{n:032X}"
    secrets = f"{n % 10000:04};{n % 10**8:08};{n % 9999:04};{n * 7 % 10**8:08}"
    return f"{number}{check};26299{n:010};{key};{key};{n:08};{secrets}"
