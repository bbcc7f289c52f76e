"""A brand with many customers, made the quick way: the import has a measure of its own (bench/import_rates.py)."""

import random
from importlib import resources

from tests.database import TestDatabase
from tests.people import LONG_AGO
from werda.core.method import Method
from werda.core.secret import Secret
from werda.usecases.activate_policy import activate_policy
from werda.usecases.add_brand import add_brand

CHUNK = 100_000


def line_of(customer: int) -> str:
    """A number of the invalid range 0199, one for each customer."""
    return f"+49199{customer:09}"


def code_of(customer: int) -> str:
    """A customer code that the load generator can know without asking."""
    return f"{customer * 7919 % 10_000:04}"


def puk_of(customer: int, sim: int) -> str:
    """The PUK of a customer's first or second SIM."""
    return f"{(customer * 104_729 + sim) % 100_000_000:08}"


def populate(database: TestDatabase, customers: int) -> int:
    """Customers 1 to `customers`, each with a line, a code and two SIMs; gives the brand's id."""
    with database.connect() as owner:
        brand = add_brand(owner, slug="nordfunk", name="Nordfunk", dialled=["+4930231250"])
        for file in resources.files("werda.demo").joinpath("policies").iterdir():
            activate_policy(owner, file.read_text(encoding="utf-8"), now=LONG_AGO)
        for first in range(1, customers + 1, CHUNK):
            last = min(first + CHUNK - 1, customers)
            owner.execute(
                "insert into customer (id, brand_id, customer_number, kind, payment, salutation, given_name,"
                " family_name, company, birth_date, street, postcode, city, email, language, as_of)"
                " select i, %s, 'K' || i, 'person', 'postpaid', '', 'Maren', 'Muster', '', '1980-05-17', 'Deichweg 1',"
                " '25813', 'Husum', 'maren' || i || '@example.org', 'de', now() from generate_series(%s::bigint, %s) i",
                (brand, first, last),
            )
            owner.execute(
                "insert into line (id, brand_id, customer_id, msisdn, kind, tariff, shared, as_of)"
                " select i, %s, i, '+49199' || lpad(i::text, 9, '0'), 'mobile', '', false, now()"
                " from generate_series(%s::bigint, %s) i",
                (brand, first, last),
            )
            owner.execute(
                "insert into sim_profile (id, brand_id, customer_id, line_id, kind, role, status, iccid, imsi, eid,"
                " activated_at, as_of) select 2 * i - s, %s, i, i, 'physical', 'primary', 'active',"
                " '8949' || (2 * i - s), '', '', now() - interval '1 day', now()"
                " from generate_series(%s::bigint, %s) i, generate_series(0, 1) s",
                (brand, first, last),
            )
            _credentials(database, first, last)
        for table in ("customer", "line", "sim_profile"):  # ids were given, so their sequences must catch up
            owner.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), max(id)) from {table}".encode())
        owner.execute("vacuum analyze")
    return brand


def _credentials(database: TestDatabase, first: int, last: int) -> None:
    verifier = database.verifier
    with (
        database.connect() as owner,
        owner.cursor() as cursor,
        cursor.copy(
            "copy credential (customer_id, person_id, method, sim_id, key_id, mac) from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["int8", "int8", "int2", "int8", "int8", "bytea"])
        key = verifier.primary_id
        for i in range(first, last + 1):
            code = verifier.credential(Method.CUSTOMER_CODE, i, Secret(code_of(i)))
            copy.write_row((i, 0, Method.CUSTOMER_CODE.value, 0, key, code))
            for sim in (2 * i - 1, 2 * i):
                puk = verifier.credential(Method.PUK, i, Secret(puk_of(i, sim)))
                copy.write_row((i, 0, Method.PUK.value, sim, key, puk))


def anybody(customers: int) -> int:
    """A customer, all equally likely."""
    return random.randrange(1, customers + 1)
