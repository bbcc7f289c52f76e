"""One-time codes: how long they are, and to which address one may be posted."""

from datetime import UTC, datetime, timedelta

import pytest

from werda.core.customer_code import CodeFormat, method_of
from werda.core.method import Method
from werda.core.one_time_code import OneTimeLimits, address_qualifies, lengths
from werda.core.secret import Secret

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(("method", "digits"), [(Method.CALL_CODE, 6), (Method.LETTER_CODE, 10)])
def test_a_code_is_random_digits_of_its_length(method: Method, digits: int) -> None:
    """B6"""
    codes = {OneTimeLimits().random(method).reveal() for _ in range(50)}
    assert len(codes) > 45
    assert all(code.isdigit() and len(code) == digits for code in codes)


def test_no_other_secret_is_a_one_time_code() -> None:
    with pytest.raises(ValueError, match="no one-time code"):
        OneTimeLimits().random(Method.PUK)


@pytest.mark.parametrize("code_digits", [4, 5, 6, 7])
def test_an_entry_is_told_by_its_length_alone(code_digits: int) -> None:
    """B6: where customer codes have six digits a call code has seven."""
    limits = OneTimeLimits(call_digits=7 if code_digits == 6 else 6)
    told = lengths(CodeFormat(code_digits), limits)
    assert len(told) == 4
    assert method_of(Secret("1" * code_digits), told) is Method.CUSTOMER_CODE
    assert method_of(Secret("1" * limits.call_digits), told) is Method.CALL_CODE
    assert method_of(Secret("1" * 10), told) is Method.LETTER_CODE


@pytest.mark.parametrize(
    ("since", "qualifies"),
    [
        (None, False),
        (NOW - timedelta(days=30), True),
        (NOW - timedelta(days=30) + timedelta(microseconds=1), False),
        (NOW, False),
    ],
)
def test_an_address_must_be_known_to_be_the_same_for_thirty_days(since: datetime | None, qualifies: bool) -> None:
    """A3, E4"""
    assert address_qualifies(since, NOW) is qualifies
