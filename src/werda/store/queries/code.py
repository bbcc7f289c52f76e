"""What a customer code must fit: the brand's format in force, and what others can know of the customer (B2, S15)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from werda.core.customer_code import CodeFormat
from werda.core.method import Method
from werda.core.weak_code import OwnData
from werda.store.queries.policies import policy_in_force

Connection = psycopg.Connection[Any]


def code_format(connection: Connection, brand_id: int, now: datetime) -> CodeFormat:
    """The format of the brand's policy in force; four digits before the first one."""
    policy = policy_in_force(connection, brand_id, now)
    return policy.code_format if policy else CodeFormat()


def own_data(connection: Connection, customers: Collection[int]) -> dict[int, OwnData]:
    """What others can know of these customers, as far as the brand knows it."""
    rows = connection.execute(
        "select c.id, c.birth_date, c.customer_number,"
        " array(select l.msisdn from line l where l.customer_id = c.id order by 1)"
        " from customer c where c.id = any (%s)",
        (list(customers),),
    )
    return {customer: OwnData(born, tuple(numbers), number) for customer, born, number, numbers in rows}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a brand's customers have codes: numbers only, nobody may list codes.

    `told` are customers who were told of everything that happened to their code, `untold` those who were not yet; who
    is in neither has a code of the operator's. `letters` are code letters that no print run has taken yet.
    """

    customers: int
    with_code: int
    told: int
    untold: int
    letters: int

    @property
    def without_code(self) -> int:
        """Customers without a code."""
        return self.customers - self.with_code


def standing(connection: Connection, brand_id: int) -> Standing:
    """Count, which for a million customers takes a few seconds."""
    row = connection.execute(
        "select (select count(*) from customer where brand_id = %(brand)s and ended_at is null),"
        " (select count(*) from customer c join credential k on k.customer_id = c.id and k.person_id = 0"
        "  and k.method = %(code)s and k.sim_id = 0"
        "  where c.brand_id = %(brand)s and c.ended_at is null),"
        " n.told, n.untold,"
        " (select count(*) from letter where brand_id = %(brand)s and kind = 'code'"
        "  and printed_at is null and run_id is null)"
        " from (select count(*) filter (where told) as told, count(*) filter (where not told) as untold"
        "  from (select bool_and(told_at is not null) as told from notice"
        "   where brand_id = %(brand)s and kind like 'code%%' group by customer_id) each) n",
        {"brand": brand_id, "code": Method.CUSTOMER_CODE},
    ).fetchone()
    assert row is not None
    return Standing(*row)
