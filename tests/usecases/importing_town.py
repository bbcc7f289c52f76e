"""A brand for imports: files are written, brought in by the use cases, and what the database then holds is asked."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from tests.database import TestDatabase
from werda.core.method import Method
from werda.core.policy import Policy
from werda.core.secret import Secret
from werda.core.sim_secrets import SimSecrets
from werda.keys.custody import Kind
from werda.usecases import import_bookings, import_customers, import_sims
from werda.usecases.activate_policy import activate_policy
from werda.usecases.add_brand import add_brand
from werda.usecases.importing.run import Order, Report
from werda.usecases.importing.table_file import Columns, TableFile

BEFORE_THE_DATE = datetime(2023, 1, 20, 12, 0, tzinfo=UTC)
MONDAY = datetime(2023, 1, 16, 6, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)

TABLES = ("customer", "line", "sim_profile", "sealed_secret", "credential", "budget")


@dataclass(frozen=True)
class ImportingTown:
    """One brand with the policies of the 2023 case. Times of files are days of that January."""

    database: TestDatabase
    folder: Path
    brand: int

    @classmethod
    def found(cls, database: TestDatabase, folder: Path) -> "ImportingTown":
        with database.connect() as owner:
            brand = add_brand(owner, slug="nordfunk", name="Nordfunk", dialled=[], form="du", portal="")
            for file in resources.files("werda.demo").joinpath("policies").iterdir():
                activated = activate_policy(owner, file.read_text(encoding="utf-8"), now=MONDAY)
                assert isinstance(activated, Policy), activated
        return cls(database, folder, brand)

    def file(self, content: str | bytes, name: str = "file.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    @property
    def rejects(self) -> Path:
        return self.folder / "rejects.csv"

    def rejected(self) -> list[str]:
        """The lines of the rejects file, without its header."""
        return self.rejects.read_text().splitlines()[1:] if self.rejects.exists() else []

    def order(self, content: str | bytes, columns: Columns, as_of: datetime | None) -> Order:
        file = TableFile.open(self.file(content), columns)
        return Order(file, "nordfunk", BEFORE_THE_DATE, self.rejects, as_of)

    def customers(
        self,
        content: str | bytes,
        as_of: datetime | None = MONDAY,
        *,
        now: datetime = BEFORE_THE_DATE,
        dry_run: bool = False,
    ) -> Report:
        order = replace(self.order(content, import_customers.COLUMNS, as_of), now=now, dry_run=dry_run)
        return import_customers.import_customers(
            self.database.database, order, self.database.verifier, self.database.custody
        )

    def sims(self, content: str | bytes, as_of: datetime | None = MONDAY, *, dry_run: bool = False) -> Report:
        order = replace(self.order(content, import_sims.COLUMNS, as_of), dry_run=dry_run)
        return import_sims.import_sims(self.database.database, order, self.database.verifier, self.database.custody)

    def bookings(self, content: str | bytes, as_of: datetime | None = MONDAY, *, dry_run: bool = False) -> Report:
        order = replace(self.order(content, import_bookings.COLUMNS, as_of), dry_run=dry_run)
        return import_bookings.import_bookings(
            self.database.database, order, self.database.verifier, self.database.custody
        )

    def state(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything an import writes, except the record of imports and events."""
        return {table: self.database.rows(f"select * from {table} where customer_id >= 0 order by 1, 2, 3"
                                          if table in {"sealed_secret", "credential", "budget"}
                                          else f"select * from {table} order by 1") for table in TABLES}  # fmt: skip

    def customer(self, number: str) -> int:
        found: int = self.database.rows("select id from customer where customer_number = %s", number)[0][0]
        return found

    def sim(self, iccid: str) -> int:
        found: int = self.database.rows("select id from sim_profile where iccid = %s", iccid)[0][0]
        return found

    def sim_secrets(self, customer_id: int, sim_id: int) -> SimSecrets:
        """What lies sealed of a SIM for this customer, 0 for stock; nothing when there is nothing."""
        text = self.opened(Kind.SIM_PROFILE, customer_id, sim_id)
        return SimSecrets() if text is None else SimSecrets.read(Secret(text))

    def opened(self, kind: Kind, customer_id: int, sim_id: int = 0) -> str | None:
        """A sealed text in plain."""
        rows = self.database.rows(
            "select ciphertext from sealed_secret where customer_id = %s and sim_id = %s and kind = %s",
            customer_id, sim_id, kind,
        )  # fmt: skip
        return self.database.custody.open(kind, customer_id, sim_id, rows[0][0]).reveal() if rows else None

    def counts(self, method: Method, customer_id: int, digits: str, sim_id: int = 0) -> bool:
        """Whether the stored credential is made of `digits`."""
        rows = self.database.rows(
            "select mac from credential where customer_id = %s and method = %s and sim_id = %s",
            customer_id,
            method,
            sim_id,
        )
        return [mac for (mac,) in rows] == [self.database.verifier.credential(method, customer_id, Secret(digits))]
