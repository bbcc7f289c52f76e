"""The customer code: its shape, its random suggestion, and how a keyed entry is told from a PUK."""

import pytest

from werda.core.customer_code import CodeFormat, CustomerCode, method_of
from werda.core.malformed import Malformed
from werda.core.method import Method
from werda.core.one_time_code import OneTimeLimits, lengths
from werda.core.secret import Secret

FOUR = CodeFormat()
TOLD = lengths(FOUR, OneTimeLimits())


def test_code_is_text_and_keeps_its_leading_zeros() -> None:
    assert CustomerCode.parse(Secret("0007"), FOUR) == CustomerCode(Secret("0007"))
    assert CustomerCode.parse(Secret("0007"), FOUR) != CustomerCode.parse(Secret("7000"), FOUR)


def test_code_may_be_typed_with_spaces() -> None:
    assert CustomerCode.parse(Secret(" 00 07 "), FOUR) == CustomerCode(Secret("0007"))


@pytest.mark.parametrize("text", ["", "7", "007", "00007", "12a4", "12-4", "１２３４"])
def test_code_of_another_shape_is_malformed_and_not_quoted(text: str) -> None:
    parsed = CustomerCode.parse(Secret(text), FOUR)
    assert parsed == Malformed("a customer code has exactly 4 digits")


def test_brand_may_choose_longer_codes() -> None:  # S15
    assert CustomerCode.parse(Secret("012345"), CodeFormat(6)) == CustomerCode(Secret("012345"))
    assert isinstance(CustomerCode.parse(Secret("0123"), CodeFormat(6)), Malformed)


@pytest.mark.parametrize("digits", [0, 3, 8, 9])
def test_code_is_never_shorter_than_four_digits_nor_as_long_as_a_puk(digits: int) -> None:
    with pytest.raises(ValueError, match="4 to 7 digits"):
        CodeFormat(digits)


def test_suggestions_are_of_the_brands_format_and_spread_over_all_codes() -> None:  # B1
    suggested = {CustomerCode.suggest(FOUR).secret.reveal() for _ in range(2000)}
    assert all(len(code) == 4 and code.isdecimal() for code in suggested)
    assert len(suggested) > 1600  # 2 000 uniform draws from 10 000 give about 1 813 different ones
    assert {code[0] for code in suggested} == set("0123456789")


def test_keyed_entry_is_told_by_its_length() -> None:
    assert method_of(Secret("0007"), TOLD) is Method.CUSTOMER_CODE
    assert method_of(Secret("00000007"), TOLD) is Method.PUK
    assert method_of(Secret("123456"), TOLD) is Method.CALL_CODE
    assert method_of(Secret("123456"), lengths(CodeFormat(6), OneTimeLimits(call_digits=7))) is Method.CUSTOMER_CODE


@pytest.mark.parametrize("entry", ["", "1", "123", "12345", "1234567", "123456789", "12*4", "１２３４"])
def test_keyed_entry_of_another_length_or_with_other_signs_is_no_method(entry: str) -> None:
    assert method_of(Secret(entry), TOLD) is Method.NONE


def test_code_never_shows_itself() -> None:  # B9
    assert "7391" not in repr(CustomerCode.parse(Secret("7391"), FOUR))
