"""The same rows give the same tables, by file or by API: newer wins, rejects and reasons included."""

import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.database import Cluster
from tests.usecases.importing_town import BEFORE_THE_DATE, MONDAY, TUESDAY, WEDNESDAY, ImportingTown
from werda.core.policy import Policy
from werda.keys.custody import Kind
from werda.store.roles import Role
from werda.usecases import import_customers, import_sims
from werda.usecases.activate_policy import activate_policy
from werda.usecases.add_brand import add_brand
from werda.usecases.importing.run import Order, brand_rules
from werda.usecases.importing.table_file import TableFile
from werda.usecases.upsert import Upsert, What, upsert

NUMBERS = ["K1", "K2", "K3"]
LINES = ["", "+4917604069000", "017604069001", "0176 0406 9002", "nobody"]
ICCIDS = ["8949440000001672706", "8949440000001672714", "8949440000001672707", "123"]


def mostly(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


customers = st.fixed_dictionaries(
    {
        "customer_number": mostly(*NUMBERS, *NUMBERS, ""),
        "kind": mostly("", "person", "Company", "robot"),
        "family_name": mostly("Muster", " Mu  ster ", "", "Mu\u200bster"),
        "birth_date": mostly("1980-05-17", "1980-05-18", "", "17.05.80"),
        "postcode": mostly("25813", ""),
        "city": mostly("Husum", "Kiel"),
        "msisdn": mostly(*LINES),
        "shared": mostly("yes", "no", "", "perhaps"),
        "customer_code": mostly("4711", "0815", "", "12a4", "4711"),
    }
)
sims = st.fixed_dictionaries(
    {
        "iccid": mostly(*ICCIDS),
        "msisdn": mostly(*LINES[:3]),
        "customer_number": mostly("", *NUMBERS),
        "status": mostly("", "stock", "active", "replaced", "lost"),
        "activated_at": mostly("", "2020-01-01", "2020-01-01T00:00:00+01:00", "0001-01-01T00:00:00+23:59"),
        "puk1": mostly("58302917", "58302917", "29471836", "", "123"),
        "pin1": mostly("1234", "4321", ""),
    }
)
times = st.sampled_from([MONDAY, TUESDAY, WEDNESDAY])
batches = st.lists(
    st.tuples(st.just(What.CUSTOMERS), times, st.lists(customers, min_size=1, max_size=6))
    | st.tuples(st.just(What.SIMS), times, st.lists(sims, min_size=1, max_size=4)),
    min_size=1,
    max_size=5,
)


def as_rows(reason: str) -> str:
    """A file counts its lines from the header, 1; the API counts rows from 0."""
    return re.sub(r"than line ([0-9]+)", lambda found: f"than row {int(found[1]) - 2}", reason)


class Brands:
    """Pairs of brands with the same policies: one gets files, the other the same rows by API."""

    def __init__(self, town: ImportingTown) -> None:
        self.town = town
        self._slugs = (f"brand-{n}" for n in itertools.count())
        with town.database.connect() as owner:
            self._policies = [row[0] for row in owner.execute("select document from policy_version")]

    def fresh(self) -> str:
        slug = next(self._slugs)
        with self.town.database.connect() as owner:
            add_brand(owner, slug=slug, name=slug, dialled=[])
            for document in self._policies:
                mine = document.replace('brand = "nordfunk"', f'brand = "{slug}"')
                assert isinstance(activate_policy(owner, mine, now=MONDAY), Policy)
        return slug

    def by_file(self, slug: str, what: What, as_of: datetime, rows: list[dict[str, str]]) -> list[tuple[int, str, str]]:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        module: Any = import_customers if what is What.CUSTOMERS else import_sims
        bring_in = module.import_customers if what is What.CUSTOMERS else module.import_sims
        self.town.rejects.unlink(missing_ok=True)
        file = TableFile.open(self.town.file(text.getvalue()), module.COLUMNS)
        order = Order(file, slug, BEFORE_THE_DATE, self.town.rejects, as_of)
        database = self.town.database
        bring_in(database.database, order, database.verifier, database.custody)
        rejected = csv.reader(self.town.rejected())
        return sorted((int(line) - 2, column, as_rows(reason)) for line, column, reason in rejected)

    def by_api(self, slug: str, what: What, as_of: datetime, rows: list[dict[str, str]]) -> list[tuple[int, str, str]]:
        database = self.town.database
        with database.database.connect(Role.CUSTODY) as custody:
            brand = brand_rules(custody, slug)
            assert brand is not None
            told = Upsert(what, brand, as_of, rows)
            outcome = upsert(custody, told, database.verifier, database.custody, now=BEFORE_THE_DATE)
            custody.commit()
        return sorted((reject.line, reject.column, reject.reason) for reject in outcome.rejects)

    def holds(self, slug: str) -> dict[str, list[Any]]:
        """What the tables say of a brand, its ids replaced by what they stand for, its secrets opened."""
        rows = self.town.database.rows
        whose = "join brand b on b.id = t.brand_id where b.slug = %s"
        secrets = rows(
            "select c.customer_number, p.iccid, s.kind, s.as_of, s.ciphertext, s.customer_id, s.sim_id"
            " from sealed_secret s left join customer c on c.id = s.customer_id"
            " left join sim_profile p on p.id = s.sim_id"
            " join brand b on b.id = coalesce(c.brand_id, p.brand_id) where b.slug = %s order by 1, 2, 3",
            slug,
        )
        return {
            "customers": rows(f"select to_jsonb(t) - 'id' - 'brand_id' from customer t {whose} order by 1", slug),
            "lines": rows(
                "select c.customer_number, to_jsonb(t) - 'id' - 'brand_id' - 'customer_id' from line t"
                f" join customer c on c.id = t.customer_id {whose} order by 1, 2",
                slug,
            ),
            "sims": rows(
                "select c.customer_number, l.msisdn, to_jsonb(t) - 'id' - 'brand_id' - 'customer_id' - 'line_id'"
                " from sim_profile t left join customer c on c.id = t.customer_id left join line l on l.id = t.line_id"
                f" {whose} order by 3",
                slug,
            ),
            "secrets": [
                (*row[:4], self.town.database.custody.open(Kind(row[2]), row[5], row[6], row[4]).reveal())
                for row in secrets
            ],
            "credentials": rows(
                "select c.customer_number, t.method, p.iccid, t.until from credential t join customer c"
                " on c.id = t.customer_id left join sim_profile p on p.id = t.sim_id"
                " join brand b on b.id = c.brand_id where b.slug = %s order by 1, 2, 3",
                slug,
            ),
        }


@pytest.fixture(scope="module")
def brands(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brands]:
    with cluster.copy("same_as_import") as database:
        yield Brands(ImportingTown.found(replace(database), Path(tmp_path_factory.mktemp("files"))))


@given(told=batches)
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
def test_the_same_rows_give_the_same_tables_by_either_way(brands: Brands, told: Any) -> None:
    by_file, by_api = brands.fresh(), brands.fresh()
    for what, as_of, rows in told:
        assert brands.by_file(by_file, what, as_of, rows) == brands.by_api(by_api, what, as_of, rows)
    assert brands.holds(by_file) == brands.holds(by_api)
