"""One telephone, many accounts, four gates: no more of its guesses are evaluated than the limit says (C5)."""

import asyncio
import itertools

import pytest

from tests.gates import Gate
from tests.people import Person, Town
from tests.races.callers import check_log, offer_all
from werda.core.sources import SourceLimits
from werda.core.verdict import Outcome

LIMITS = SourceLimits()
_telephones = itertools.count(1)


@pytest.fixture
def telephone() -> str:
    """One that no other test calls from."""
    return f"+4940{next(_telephones):05}00"


def test_one_telephone_over_four_gates_gets_its_limit_and_no_more(
    town: Town, gates: list[Gate], telephone: str
) -> None:
    """C5: counted where it is compared, so it holds whoever asks first."""
    people = [town.person(f"{1000 + n}") for n in range(60)]
    offers = [(person, person.wrong, False) for person in people]
    check_log(town.database, asyncio.run(offer_all(gates, offers, calling=telephone)))
    assert seen(town, telephone) == {
        Outcome.WRONG: LIMITS.number.failures,
        Outcome.SOURCE_LIMITED: 60 - LIMITS.number.failures,
    }
    assert spent(town, people) == LIMITS.number.failures, "a limited attempt was counted in somebody's budget"


def test_codes_and_one_time_codes_share_the_limit_of_a_telephone(town: Town, gates: list[Gate], telephone: str) -> None:
    """C5: two functions judge, and each waits for what the other counts."""
    people = [town.person(f"{1000 + n}") for n in range(60)]
    offers = [(person, "123456" if n % 2 else person.wrong, False) for n, person in enumerate(people)]
    check_log(town.database, asyncio.run(offer_all(gates, offers, calling=telephone)))
    assert seen(town, telephone) == {
        Outcome.WRONG: LIMITS.number.failures,
        Outcome.SOURCE_LIMITED: 60 - LIMITS.number.failures,
    }


def test_with_the_right_code_it_gets_no_further_and_honest_people_do(
    town: Town, gates: list[Gate], telephone: str
) -> None:
    """C3, C5: stepped up after three accounts; the own line, a PUK and every other telephone work on."""
    people = [town.person(f"{1000 + n}", puks=("31415926",)) for n in range(20)]
    failed, right = people[: LIMITS.number.accounts], people[LIMITS.number.accounts :]
    asyncio.run(offer_all(gates, [(person, person.wrong, False) for person in failed], calling=telephone))
    told = asyncio.run(offer_all(gates, [(person, person.code, False) for person in right], calling=telephone))
    assert not any(answer.verified for answer in told)
    assert seen(town, telephone)[Outcome.STEPPED_UP] == len(right)
    assert spent(town, people) == len(failed)
    with_puk = [(right[0], "31415926", False)]
    elsewhere = [(right[1], right[1].code, False)]
    own = [(right[2], right[2].code, True)]
    assert all(answer.verified for answer in asyncio.run(offer_all(gates, with_puk, calling=telephone)))
    assert all(answer.verified for answer in asyncio.run(offer_all(gates, elsewhere + own)))


def seen(town: Town, telephone: str) -> dict[Outcome, int]:
    rows = town.database.rows("select outcome, count(*) from attempt where calling_number = %s group by 1", telephone)
    return {Outcome(outcome): count for outcome, count in rows}


def spent(town: Town, people: list[Person]) -> int:
    ids = [person.id for person in people]
    [(count,)] = town.database.rows("select count(*) from budget where failures > 0 and customer_id = any (%s)", ids)
    return int(count)
