"""Which codes a customer may not choose: popular ones, patterns, and what is made of their own data (B2)."""

import gzip
import re
from collections import Counter
from datetime import date
from importlib import util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from werda.core.customer_code import CodeFormat, CustomerCode
from werda.core.secret import Secret
from werda.core.weak_code import OwnData, Weakness, patterns, weakness

DOCUMENT = Path(__file__).parents[2] / "docs" / "customer-codes.md"

MAREN = OwnData(date(1984, 5, 17), ("+4917604000123", "+493023125987"), "K8306192")


phone_numbers = st.integers(10**6, 10**15 - 1).map("+{}".format)


def reason(digits: str, own: OwnData | None = None) -> Weakness | None:
    code = CustomerCode(Secret(digits))
    return weakness(code) if own is None else weakness(code, own)


@pytest.mark.parametrize(
    ("why", "codes"),
    [
        (Weakness.POPULAR, "1234 0000 2580 5683 1342 4711 0815 12345 123456 159753 8675309"),
        (Weakness.FEW_DIGITS, "4040 7117 8881 9000 77778 292929 5555955"),
        (Weakness.REPEATED, "604604 6046046 335588 11447 7755883"),
        (Weakness.MIRRORED, "38583 604406 1729271"),
        (Weakness.RUN, "3456 8642 7890 0369 4132 5432 45678 345673 456789 765890 132435 918273 2345678"),
        (Weakness.KEYPAD, "1254 7412 1397 4682 0147 25896 147963 147369 3572580"),
        (Weakness.YEAR, "1957 2017 2039 19570 31957 052017 2017053 8192017"),
        (Weakness.DATE, "1705 0517 2902 3112 170584 240683 062483 830624"),
    ],
)
def test_a_pattern_is_refused_with_its_reason(why: Weakness, codes: str) -> None:
    assert {code: reason(code) for code in codes.split()} == dict.fromkeys(codes.split(), why)


@pytest.mark.parametrize("code", ["8305", "6194", "3907", "0492", "2930", "83057", "619403", "8305716"])
def test_what_is_no_pattern_may_be_chosen(code: str) -> None:
    assert reason(code) is None


def test_the_thirtieth_of_february_is_no_day() -> None:
    assert (reason("3002"), reason("2902")) == (None, Weakness.DATE)


# The customer's own data.


@pytest.mark.parametrize(
    "code", ["8405", "0584", "1784", "8417", "7051", "5198", "4871", "4850", "17584", "17051", "931705"]
)
def test_a_code_made_of_the_own_birth_date_is_refused(code: str) -> None:
    assert reason(code) is None, "the example is a pattern by itself and proves nothing"
    assert reason(code, MAREN) is Weakness.OWN_BIRTH_DATE


def test_another_persons_birth_date_is_no_reason() -> None:
    """Month and year (MMYY) is refused as the customer's own only: all of 0100 to 1299 looks like one."""
    assert reason("0584", OwnData(date(1985, 6, 18))) is None


@pytest.mark.parametrize("code", ["7604", "0176", "9176", "6710", "2598", "5987", "9521", "76040", "604000", "4930231"])
def test_a_piece_of_an_own_phone_number_is_refused_also_from_behind(code: str) -> None:
    assert reason(code, OwnData(phone_numbers=MAREN.phone_numbers)) is Weakness.OWN_PHONE_NUMBER


@pytest.mark.parametrize("code", ["8306", "6192", "2916", "30619", "8306192"])
def test_a_piece_of_the_own_customer_number_is_refused_also_from_behind(code: str) -> None:
    assert reason(code, MAREN) is Weakness.OWN_CUSTOMER_NUMBER


def test_a_short_customer_number_is_refused_with_zeros_before_it() -> None:
    assert reason("0783", OwnData(customer_number="K-783")) is Weakness.OWN_CUSTOMER_NUMBER


@settings(max_examples=50)
@given(born=st.dates(date(1900, 1, 1), date(2039, 12, 31)), data=st.data())
def test_however_a_birth_date_is_written_it_is_refused(born: date, data: st.DataObject) -> None:
    day, month = (data.draw(st.sampled_from([f"{n:02}", str(n)])) for n in (born.day, born.month))
    year = data.draw(st.sampled_from([f"{born:%Y}", f"{born:%y}"]))
    parts = data.draw(st.permutations([day, month, year]))
    code = "".join(parts[: data.draw(st.integers(1, 3))])
    if data.draw(st.booleans()):
        code = code[::-1]
    if 4 <= len(code) <= 7:
        assert reason(code, OwnData(born)) is not None


@settings(max_examples=50)
@given(number=phone_numbers, digits=st.integers(4, 7), data=st.data())
def test_whatever_is_read_out_of_a_phone_number_is_refused(number: str, digits: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(1, len(number) - digits))
    assert reason(number[start : start + digits], OwnData(phone_numbers=(number,))) is not None


@settings(max_examples=50)
@given(
    digits=st.integers(4, 7).flatmap(lambda n: st.integers(0, 10**n - 1).map(f"{{:0{n}}}".format)),
    born=st.none() | st.dates(),
    numbers=st.lists(phone_numbers, max_size=4),
    customer_number=st.text(max_size=12),
)
def test_own_data_only_ever_adds_reasons(
    digits: str, born: date | None, numbers: list[str], customer_number: str
) -> None:
    """Whatever an operator's file holds; and a refusal never shows the code (B9)."""
    general, own = reason(digits), reason(digits, OwnData(born, tuple(numbers), customer_number))
    assert own is general or (general is None and own is not None and own.value.startswith("own_"))
    assert digits not in repr(own)


# What the rules cover. docs/customer-codes.md states these figures and says how they are meant.

BERRY = {
    "1234": 10.713, "1111": 6.016, "0000": 1.881, "1212": 1.197, "7777": 0.745, "1004": 0.616, "2000": 0.613,
    "4444": 0.526, "2222": 0.516, "6969": 0.512, "9999": 0.451, "3333": 0.419, "5555": 0.395, "6666": 0.391,
    "1122": 0.366, "1313": 0.304, "8888": 0.303, "4321": 0.293, "2001": 0.290, "1010": 0.285,
}  # fmt: skip
"""The head of 3.4 million four-digit passwords, in percent (DataGenetics 2012)."""


def test_the_head_of_the_published_distribution_is_refused() -> None:
    assert round(sum(BERRY.values()), 2) == 26.83
    assert all(reason(code) for code in BERRY)


@pytest.fixture(scope="module")
def refused() -> Counter[Weakness]:
    return Counter(why for _, why in patterns(CodeFormat(4)))


def test_most_values_are_left(refused: Counter[Weakness]) -> None:
    """Also for a company with many numbers."""
    assert refused.total() < 1_700
    numbers = tuple(f"+4917604{n * 7919 % 100_000:05}" for n in range(10))
    somebody = OwnData(date(1984, 5, 17), numbers, "K8306192")
    every_seventh = [reason(f"{value:04}", somebody) for value in range(0, 10_000, 7)]
    assert every_seventh.count(None) > 0.8 * len(every_seventh)


def test_the_document_states_what_is_refused(refused: Counter[Weakness]) -> None:
    text = DOCUMENT.read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([0-9]+) \|", text, re.MULTILINE))
    assert {why: int(number) for why, number in rows.items()} == {why.value: n for why, n in refused.items()} | {
        "repeated": 0,
        "mirrored": 0,
    }
    assert f"{refused.total():,} of the 10,000".replace(",", " ") in text


def test_the_document_states_how_many_of_the_most_common_are_refused() -> None:
    """Measured on the list of common passwords that comes with Django, which is in the order of frequency."""
    django = util.find_spec("django")
    assert django is not None
    assert django.origin is not None
    file = Path(django.origin).parent / "contrib" / "auth" / "common-passwords.txt.gz"
    common = gzip.decompress(file.read_bytes()).decode().split()
    for digits in (4, 6):
        these = [word for word in common if len(word) == digits and word.isdecimal()]
        caught = [word for word in these if reason(word)]
        assert f"{len(caught)} of the {len(these)} {digits}-digit" in " ".join(DOCUMENT.read_text().split())
