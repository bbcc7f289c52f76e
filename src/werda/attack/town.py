"""The accounts that are attacked: customers of a fictional brand, each with a line and a customer code.

Codes are random, or as people choose them when they may: the twenty most popular four-digit codes with the shares that
DataGenetics found among 3.4 million (10.7 % for the first, 23.3 % for the first ten), all others equally likely.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from werda.core.method import Method
from werda.core.policy import Policy
from werda.core.secret import Secret
from werda.keys.verifier import Verifier
from werda.usecases.activate_policy import activate_policy
from werda.usecases.add_brand import add_brand, add_trunk

ASSERTING: Final = "mobile"
CARRIER: Final = "carrier"
ALL_CODES: Final = 10_000

POPULAR: Final = {
    "1234": 0.10713, "1111": 0.06016, "0000": 0.01881, "1212": 0.01197, "7777": 0.00745, "1004": 0.00616,
    "2000": 0.00613, "4444": 0.00526, "2222": 0.00516, "6969": 0.00512, "9999": 0.00451, "3333": 0.00419,
    "5555": 0.00395, "6666": 0.00391, "1122": 0.00366, "1313": 0.00304, "8888": 0.00303, "4321": 0.00293,
    "2001": 0.00290, "1010": 0.00285,
}  # fmt: skip
"""What people choose most, with the share of those who do, the most popular first."""

_POLICY: Final = """
brand = "{brand}"
version = "simulation"
timezone = "Europe/Berlin"
effective_from = 2020-01-01T00:00:00

[methods.customer_code]
[methods.puk]
"""


@dataclass(frozen=True, slots=True)
class Town:
    """The brand under attack. `codes` holds each account's code, as text, by its place; `chosen`: people chose them."""

    brand: int
    codes: list[str]
    chosen: bool = False

    def line(self, account: int) -> str:
        """The account's own number; of a range that is given to nobody."""
        return f"+49199{account:09}"


def make_town(owner: psycopg.Connection[Any], verifier: Verifier, accounts: int, *, chosen: bool, seed: int) -> Town:
    """Make the brand and its accounts, ids from 1; `chosen`: with codes as people choose them."""
    chance = random.Random(seed)  # noqa: S311 - the same town each time
    brand = add_brand(owner, slug="angegriffen", name="Angegriffen", dialled=["+4930231250"])
    add_trunk(owner, name=ASSERTING, asserts=True)
    add_trunk(owner, name=CARRIER, asserts=False)
    activated = activate_policy(owner, _POLICY.format(brand="angegriffen"), now=datetime(2019, 1, 1, tzinfo=UTC))
    assert isinstance(activated, Policy), activated
    codes = list(_chosen(chance, accounts) if chosen else _random(chance, accounts))
    town = Town(brand, codes, chosen)
    _copy(
        owner,
        "customer (id, brand_id, customer_number, kind, payment, salutation, given_name, family_name, company, street,"
        " postcode, city, email, language, as_of)",
        (
            (n, brand, f"K{n}", "person", "postpaid", "", "", "", "", "", "", "", "", "de", "2020-01-01Z")
            for n in range(1, accounts + 1)
        ),
    )
    _copy(
        owner,
        "line (brand_id, customer_id, msisdn, kind, tariff, shared, as_of)",
        ((brand, n, town.line(n - 1), "mobile", "", False, "2020-01-01Z") for n in range(1, accounts + 1)),
    )
    _copy(
        owner,
        "credential (customer_id, person_id, method, sim_id, key_id, mac)",
        (
            (
                n,
                0,
                Method.CUSTOMER_CODE,
                0,
                verifier.primary_id,
                verifier.credential(Method.CUSTOMER_CODE, n, Secret(code)),
            )
            for n, code in enumerate(codes, start=1)
        ),
    )
    owner.execute("analyze")
    return town


def _copy(owner: psycopg.Connection[Any], into: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with owner.cursor() as cursor, cursor.copy(f"copy {into} from stdin".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _random(chance: random.Random, accounts: int) -> Iterator[str]:
    return (f"{chance.randrange(ALL_CODES):04}" for _ in range(accounts))


def _chosen(chance: random.Random, accounts: int) -> Iterator[str]:
    others = [code for code in (f"{n:04}" for n in range(ALL_CODES)) if code not in POPULAR]
    shares, names = list(POPULAR.values()), list(POPULAR)
    popular = sum(shares)
    for _ in range(accounts):
        yield chance.choices(names, shares)[0] if chance.random() < popular else chance.choice(others)
