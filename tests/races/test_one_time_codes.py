"""A one-time code passes once, over several gate processes and many callers at once (B6)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tests.gates import Gate
from tests.one_time import call_code
from tests.people import Town
from tests.races.callers import check_log, offer_all


async def test_of_a_hundred_callers_over_four_gates_one_passes(town: Town, gates: Sequence[Gate]) -> None:
    """B6: half of them from the customer's own line, whose wrong tries are counted apart."""
    maren = town.person("0815")
    code = call_code(town, maren, now=datetime.now(UTC))
    answers = await offer_all(gates, [(maren, code, n % 2 == 0) for n in range(100)])
    assert sum(answer.verified for answer in answers) == 1
    check_log(town.database, answers)


async def test_no_more_guesses_are_evaluated_than_a_code_bears(town: Town, gates: Sequence[Gate]) -> None:
    """C2: sixty wrong ones at once; the right one comes too late, and so does the next code's."""
    maren = town.person("0815")
    code = call_code(town, maren, now=datetime.now(UTC))
    wrong = [f"{(int(code) + n) % 1_000_000:06}" for n in range(1, 61)]
    answers = await offer_all(gates, [(maren, digits, False) for digits in wrong])
    assert not any(answer.verified for answer in answers)
    [late] = await offer_all(gates, [(maren, code, False)])
    assert not late.verified
    outcomes = town.database.rows(
        "select outcome, count(*), max(failures) from attempt where customer_id = %s group by 1 order by 1", maren.id
    )
    assert outcomes == [(1, 10, 10), (2, 51, 10)]
