"""What a file of bookings does (S13, design decision 10)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import resources

import pytest

from tests.usecases.importing_town import MONDAY, TUESDAY, WEDNESDAY, ImportingTown
from werda.core.option import OptionCatalogue
from werda.store.queries.options import BookingState, option_lines
from werda.store.roles import Role
from werda.usecases.activate_options import activate_options
from werda.usecases.asker import Asker
from werda.usecases.book_option import Booked, book_option
from werda.usecases.cancel_option import cancel_option
from werda.usecases.end_contract import end_contract

CUSTOMERS = "customer_number;msisdn;tariff\nK1;+4917604000001;Nordfunk M\nK2;+4917604000002;Nordfunk S\n"
HEADER = "booking;msisdn;option;price;booked_at;starts_on;ends_on"
MUSIC = "B-1;+4917604000001;music;6.50;2022-05-01T10:00:00;2022-05-01;"


@pytest.fixture
def town(town: ImportingTown) -> ImportingTown:
    """Two customers with a line each, and the demo's options."""
    text = resources.files("werda.demo").joinpath("options/nordfunk-2026.toml").read_text(encoding="utf-8")
    with town.database.connect() as owner:
        assert isinstance(activate_options(owner, text, now=MONDAY), OptionCatalogue)
    town.customers(CUSTOMERS)
    return town


def file(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def kept(town: ImportingTown, columns: str) -> list[tuple[object, ...]]:
    return town.database.rows(f"select {columns} from option_booking order by id")


def test_a_booking_comes_in_with_its_price_and_the_catalogues_words(town: ImportingTown) -> None:
    report = town.bookings(file(MUSIC))
    assert (report.rows, report.changed, report.rejected) == (1, 1, 0)
    assert kept(town, "reference, option, price, currency, starts_on, ends_on, cancelled_at, as_of") == [
        ("B-1", "music", Decimal("6.50"), "EUR", date(2022, 5, 1), None, None, MONDAY)
    ]
    with town.database.connect() as owner:
        [line] = option_lines(owner, town.customer("K1"))
    [booking] = line.bookings
    assert booking.name.de == "Musik-Streaming"
    assert booking.state(MONDAY.date()) is BookingState.ACTIVE
    assert booking.booked_at == datetime(2022, 5, 1, 8, 0, tzinfo=UTC)  # the brand's clocks


def test_what_the_file_leaves_out_comes_from_the_catalogue(town: ImportingTown) -> None:
    town.bookings(file("B-1;+4917604000001;music;2022-05-01", header="booking;msisdn;option;starts_on"))
    assert kept(town, "price, booked_at, ends_on") == [(Decimal("7.99"), MONDAY, None)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (MUSIC.replace("B-1", ""), "2;booking;is empty; every row names its booking"),
        (MUSIC.replace("music", "musik"), "2;option;is in no catalogue of the brand"),
        (MUSIC.replace("4000001", "4000009"), "2;msisdn;is no line in use"),
        (MUSIC.replace("6.50", "6,5"), "2;price;is no price with two decimals"),
        (MUSIC.replace(";2022-05-01;", ";1.5.2022;"), "2;starts_on;is no day of the form"),
        (MUSIC.replace(";2022-05-01;", ";;"), "2;starts_on;is no day of the form"),
        (MUSIC + "2022-04-30", "2;ends_on;is before starts_on"),
    ],
)
def test_a_bad_row_stays_out_with_line_column_and_reason(town: ImportingTown, row: str, reason: str) -> None:
    report = town.bookings(file(row))
    assert (report.changed, report.rejected) == (0, 1)
    assert reason.split(";")[2] in town.rejected()[0]
    assert [cell.strip('"') for cell in town.rejected()[0].split(",")[:2]] == reason.split(";")[:2]
    assert kept(town, "1") == []


def test_the_same_file_twice_changes_nothing(town: ImportingTown) -> None:
    town.bookings(file(MUSIC))
    before = kept(town, "*")
    for as_of in (MONDAY, TUESDAY):
        assert town.bookings(file(MUSIC), as_of).changed == 0
    after = kept(town, "*")
    assert [row[:-1] for row in after] == [row[:-1] for row in before]  # but the time of the newest word


def test_a_newer_file_ends_a_booking_and_an_older_one_does_not(town: ImportingTown) -> None:
    town.bookings(file(MUSIC), TUESDAY)
    assert town.bookings(file(MUSIC + "2023-01-31"), MONDAY).changed == 0
    assert kept(town, "ends_on, cancelled_at") == [(None, None)]
    assert town.bookings(file(MUSIC + "2023-01-31"), WEDNESDAY).changed == 1
    assert kept(town, "ends_on, cancelled_at") == [(date(2023, 1, 31), WEDNESDAY)]


def test_a_file_of_the_same_time_that_says_otherwise_is_a_contradiction(town: ImportingTown) -> None:
    town.bookings(file(MUSIC))
    assert town.bookings(file(MUSIC + "2023-01-31")).rejected == 1
    assert "says otherwise than what is known" in town.rejected()[0]
    assert kept(town, "ends_on") == [(None,)]


def test_a_booking_does_not_become_another_one(town: ImportingTown) -> None:
    town.bookings(file(MUSIC))
    moved = town.bookings(file(MUSIC.replace("4000001", "4000002")), TUESDAY)
    renamed = town.bookings(file(MUSIC.replace("music", "speed")), TUESDAY)
    assert (moved.rejected, renamed.rejected) == (1, 1)
    assert kept(town, "option, customer_id") == [("music", town.customer("K1"))]


def test_a_booking_named_twice_is_one_row(town: ImportingTown) -> None:
    assert town.bookings(file(MUSIC, MUSIC)).rejected == 1
    assert "is that of line 2 too" in town.rejected()[0]


def test_what_was_booked_and_cancelled_here_later_stays(town: ImportingTown) -> None:
    """The operator knows the booking by the `booking` of its order."""
    customer = town.customer("K1")
    asker = Asker(town.brand, customer, "K1", "test")
    [(line,)] = town.database.rows("select id from line where customer_id = %s", customer)
    at = TUESDAY + timedelta(days=2000)
    with town.database.database.connect(Role.CUSTODY) as custody:
        booked = book_option(custody, asker, line_id=line, slug="music", idempotency_key="1", now=at)
        assert isinstance(booked, Booked), booked
        cancel_option(custody, asker, booked.public_id, now=at + timedelta(days=20))
    row = f"{booked.public_id};+4917604000001;music;;;{at.date()};"
    before = kept(town, "ends_on, cancelled_at")
    assert before[0][0] is not None
    assert town.bookings(file(row), at + timedelta(days=10)).changed == 0
    assert kept(town, "ends_on, cancelled_at") == before
    assert town.bookings(file(row + "2028-12-31"), at + timedelta(days=30)).changed == 1
    assert kept(town, "ends_on") == [(date(2028, 12, 31),)]


def test_a_line_that_ended_gets_no_booking(town: ImportingTown) -> None:
    with town.database.database.connect(Role.CUSTODY) as custody:
        end_contract(custody, customer_id=town.customer("K1"), actor="operator", now=TUESDAY)
    assert town.bookings(file(MUSIC), WEDNESDAY).rejected == 1


def test_a_dry_run_keeps_nothing(town: ImportingTown) -> None:
    assert town.bookings(file(MUSIC), dry_run=True).changed == 1
    assert kept(town, "1") == []
