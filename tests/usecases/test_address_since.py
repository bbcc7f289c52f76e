"""Since when a customer's address is so: the file that told it first says so (E4)."""

from datetime import datetime

from tests.usecases.importing_town import MONDAY, TUESDAY, WEDNESDAY, ImportingTown

HEAD = "customer_number,given_name,street,postcode,city\n"


def since(town: ImportingTown, number: str = "K1") -> datetime | None:
    [(moment,)] = town.database.rows("select address_since from customer where customer_number = %s", number)
    return moment  # type: ignore[no-any-return]


def test_a_new_customers_address_is_so_since_the_file(town: ImportingTown) -> None:
    town.customers(HEAD + "K1,Maren,Deichweg 1,25813,Husum\n", MONDAY)
    assert since(town) == MONDAY


def test_an_unchanged_address_keeps_its_date(town: ImportingTown) -> None:
    town.customers(HEAD + "K1,Maren,Deichweg 1,25813,Husum\n", MONDAY)
    town.customers(HEAD + "K1,Marie,Deichweg 1,25813,Husum\nK2,Ole,Hafen 2,25813,Husum\n", TUESDAY)
    town.customers("customer_number,given_name\nK1,Maren\n", WEDNESDAY)
    assert (since(town), since(town, "K2")) == (MONDAY, TUESDAY)


def test_a_changed_address_is_so_since_the_file_that_changed_it(town: ImportingTown) -> None:
    town.customers(HEAD + "K1,Maren,Deichweg 1,25813,Husum\n", MONDAY)
    town.customers("customer_number,street\nK1,Deichweg 2\n", TUESDAY)
    assert since(town) == TUESDAY
    town.customers(HEAD + "K1,Maren,Deichweg 1,25813,Husum\n", WEDNESDAY)
    assert since(town) == WEDNESDAY, "an address that comes back is a changed one"


def test_an_older_file_moves_nothing(town: ImportingTown) -> None:
    town.customers(HEAD + "K1,Maren,Deichweg 1,25813,Husum\n", TUESDAY)
    town.customers(HEAD + "K1,Maren,Deichweg 2,25813,Husum\n", MONDAY)
    assert since(town) == TUESDAY
