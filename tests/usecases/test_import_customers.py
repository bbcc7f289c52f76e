"""What a customers' file does (issue item 3; design decision 10)."""

from datetime import date, timedelta

import pytest

from tests.usecases.importing_town import MONDAY, TUESDAY, WEDNESDAY, ImportingTown
from werda.core.legacy_identity import normalise
from werda.core.method import Method
from werda.keys.custody import Kind
from werda.store.roles import Role
from werda.usecases.count_codes import Counted, count_codes
from werda.usecases.destroy_due import destroy_due
from werda.usecases.end_contract import end_contract
from werda.usecases.importing.outcome import UnusableFile
from werda.usecases.sim_change import Rings

HEADER = "customer_number;kind;given_name;family_name;birth_date;postcode;email;msisdn;tariff;customer_code"
MAREN = "K1;person;Maren;Muster;1980-05-17;25813;maren@example.org;+4917604000001;Nordfunk M;0471"
JONAS = "K2;person;Jonas;Beispiel;1975-12-01;20095;jonas@example.org;+4917604000002;Nordfunk S;8150"


def file(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def test_row_becomes_customer_line_and_code_that_counts(town: ImportingTown) -> None:
    report = town.customers(file(MAREN, JONAS))
    assert (report.rows, report.changed, report.rejected, report.warned) == (2, 2, 0, 0)
    assert town.database.rows("select customer_number, given_name, birth_date, as_of from customer order by 1") == [
        ("K1", "Maren", date(1980, 5, 17), MONDAY),
        ("K2", "Jonas", date(1975, 12, 1), MONDAY),
    ]
    maren = town.customer("K1")
    assert town.database.rows("select msisdn, tariff, customer_id from line order by 1")[0] == (
        "+4917604000001", "Nordfunk M", maren)  # fmt: skip
    assert town.opened(Kind.CUSTOMER_CODE, maren) == "0471"  # leading zero kept
    assert town.counts(Method.CUSTOMER_CODE, maren, "0471")
    assert not town.rejects.exists()


def test_new_customer_has_the_budget_for_calls_from_anywhere(town: ImportingTown) -> None:  # C7
    town.customers(file(MAREN))
    maren = town.customer("K1")
    assert town.database.rows("select own_line from budget where customer_id = %s", maren) == [(False,)]


def test_customer_may_have_several_lines_or_none_yet(town: ImportingTown) -> None:
    second = MAREN.replace("+4917604000001", "0176 04000009").replace("0471", "")
    none = "K3;company;;;;;;;;"
    report = town.customers(file(MAREN, second, none))
    assert (report.rows, report.rejected) == (3, 0)
    assert town.database.rows("select msisdn from line order by 1") == [("+4917604000001",), ("+4917604000009",)]
    assert town.database.rows("select count(*) from customer") == [(2,)]


@pytest.mark.parametrize("as_of", [MONDAY, TUESDAY])
def test_same_file_twice_changes_nothing(town: ImportingTown, as_of: object) -> None:
    content = file(MAREN, JONAS)
    town.customers(content, MONDAY)
    before = town.state()
    report = town.customers(content, as_of)  # type: ignore[arg-type]
    assert (report.rows, report.changed, report.rejected) == (2, 0, 0)
    after = town.state()
    if as_of == MONDAY:
        assert after == before
    assert after["credential"] == before["credential"]
    assert [row[:5] for row in after["sealed_secret"]] == [
        row[:5] for row in before["sealed_secret"]
    ]  # not sealed anew


def test_file_that_was_here_before_keeps_its_time(town: ImportingTown) -> None:
    first = town.customers(file(MAREN), None)
    before = town.state()
    again = town.customers(file(MAREN), None, now=first.as_of + timedelta(days=2))
    assert again.as_of == first.as_of
    assert town.state() == before


def test_newer_file_wins_and_older_file_changes_nothing(town: ImportingTown) -> None:
    town.customers(file(MAREN), TUESDAY)
    moved = MAREN.replace("25813", "24103").replace("Nordfunk M", "Nordfunk L")
    assert town.customers(file(moved), MONDAY).changed == 0
    assert town.database.rows("select postcode from customer") == [("25813",)]
    assert town.customers(file(moved), WEDNESDAY).changed == 1
    assert town.database.rows("select postcode from customer") == [("24103",)]
    assert town.database.rows("select tariff from line") == [("Nordfunk L",)]


def test_unchanged_newer_file_still_wins_over_one_in_between(town: ImportingTown) -> None:
    town.customers(file(MAREN), MONDAY)
    town.customers(file(MAREN), WEDNESDAY)
    town.customers(file(MAREN.replace("0471", "9999").replace("Maren", "Mara")), TUESDAY)
    assert town.database.rows("select given_name from customer") == [("Maren",)]
    assert town.counts(Method.CUSTOMER_CODE, town.customer("K1"), "0471")


def test_code_changed_in_werda_later_than_the_file_is_never_overwritten(town: ImportingTown) -> None:
    town.customers(file(MAREN), MONDAY)
    maren = town.customer("K1")
    with town.database.connect() as owner:  # what changing a code in the portal does to the row
        owner.execute("update sealed_secret set as_of = %s where customer_id = %s", (WEDNESDAY, maren))
    before = town.state()["sealed_secret"]
    assert town.customers(file(MAREN.replace("0471", "9999")), TUESDAY).changed == 0
    assert town.state()["sealed_secret"] == before
    assert town.counts(Method.CUSTOMER_CODE, maren, "0471")


def test_a_new_code_clears_a_lock_and_the_same_code_does_not(town: ImportingTown) -> None:  # C9
    row = "customer_number,family_name,customer_code\nK1,Muster,{}\n"
    town.customers(row.format("0815"), as_of=MONDAY)
    [(maren,)] = town.database.rows("select id from customer")
    with town.database.connect() as owner:
        owner.execute("update budget set failures = 3 where customer_id = %s", (maren,))
    town.customers(row.format("0815"), as_of=TUESDAY)
    locked = "select failures from budget where customer_id = %s and own_line = false"
    assert town.database.rows(locked, maren) == [(3,)]
    town.customers(row.format("4711"), as_of=WEDNESDAY)
    assert town.database.rows(locked, maren) == [(0,)]


def test_code_from_a_newer_file_replaces_the_old_one_and_is_recorded(town: ImportingTown) -> None:  # C8, D4
    town.customers(file(MAREN), MONDAY)
    maren = town.customer("K1")
    assert town.customers(file(MAREN.replace("0471", "9999")), TUESDAY).changed == 1
    assert town.opened(Kind.CUSTOMER_CODE, maren) == "9999"
    assert town.counts(Method.CUSTOMER_CODE, maren, "9999")
    events = town.database.rows("select detail from event where kind = 'credential:imported'")
    assert events == [({"method": "customer_code"},)]
    assert town.database.rows("select customer_id, kind from notice") == [(maren, "code_changed")]


def test_file_that_contradicts_one_of_the_same_time_is_rejected_and_the_first_word_stays(town: ImportingTown) -> None:
    town.customers(file(MAREN), MONDAY)
    for other, column in (
        (MAREN.replace("Maren", "Mara"), "customer_number"),
        (MAREN.replace("0471", "1" * 4), "customer_code"),
    ):
        report = town.customers(file(other), MONDAY)
        assert (report.changed, report.rejected) == (0, 1)
        assert town.rejected()[0].startswith(f"2,{column},says otherwise")
    assert town.counts(Method.CUSTOMER_CODE, town.customer("K1"), "0471")


def test_column_that_the_file_does_not_have_stays_as_it_was(town: ImportingTown) -> None:
    town.customers(file(MAREN), MONDAY)
    town.customers("customer_number;city\nK1;Husum\n", TUESDAY)
    assert town.database.rows("select given_name, postcode, city from customer") == [("Maren", "25813", "Husum")]
    assert town.opened(Kind.CUSTOMER_CODE, town.customer("K1")) == "0471"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (MAREN.replace("K1", ""), "customer_number", "is empty"),
        (MAREN.replace("person", "robot"), "kind", "is none of person, company"),
        (MAREN.replace("1980-05-17", "17.05.1980"), "birth_date", "is no date"),
        (MAREN.replace("1980-05-17", "1980-02-30"), "birth_date", "is no date"),
        (MAREN.replace("maren@example.org", "maren"), "email", "is no mail address"),
        (MAREN.replace("+4917604000001", "call me"), "msisdn", "is no phone number"),
        (MAREN.replace("0471", "471"), "customer_code", "a customer code has exactly 4 digits"),
        (MAREN + ";", "", "has 11 cells where the header has 10"),
        (MAREN.replace("Maren", 'Maren;"'), "", "a quote opens a cell"),
        (MAREN.replace("Maren", "Ma\u200bren"), "given_name", "contains an invisible character"),
        (MAREN.replace("Maren", "Ma\0ren"), "given_name", "contains an invisible character"),
    ],
)
def test_bad_row_goes_to_the_rejects_file_and_the_rest_goes_in(
    town: ImportingTown, row: str, column: str, reason: str
) -> None:
    report = town.customers(file(row, JONAS))
    assert (report.rows, report.changed, report.rejected) == (2, 1, 1)
    (rejected,) = town.rejected()
    assert rejected.replace('"', "").startswith(f"2,{column},{reason}")
    assert town.database.rows("select customer_number from customer") == [("K2",)]


def test_rejects_file_never_shows_a_secret(town: ImportingTown) -> None:  # B9
    secrets = ["47119", "12a4", "٤٧١١"]
    town.customers(
        file(*(f"{MAREN.replace('K1', f'K{n}').rsplit(';', 1)[0]};{code}" for n, code in enumerate(secrets)))
    )
    assert len(town.rejected()) == 3
    assert not any(secret in town.rejects.read_text() for secret in secrets)


def test_rows_that_contradict_each_other_in_one_file_are_rejected_after_the_first(town: ImportingTown) -> None:
    other = MAREN.replace("Maren", "Mara")
    stolen = JONAS.replace("+4917604000002", "+4917604000001")
    recoded = MAREN.replace("0471", "1234")
    report = town.customers(file(MAREN, other, stolen, recoded))
    assert (report.rows, report.changed, report.rejected) == (4, 1, 3)
    assert [line.split(",")[:2] for line in town.rejected()] == [
        ["3", "customer_number"], ["4", "msisdn"], ["5", "customer_code"]]  # fmt: skip


def test_person_can_pass_the_old_way_until_the_policies_end_it(town: ImportingTown) -> None:  # A1, S2
    town.customers(file(MAREN, "K3;company;;;;20095;;;;"))
    maren = town.customer("K1")
    assert town.counts(Method.LEGACY, maren, normalise("K1", date(1980, 5, 17), "25813").reveal())
    assert town.database.rows(
        "select customer_id, until at time zone 'Europe/Berlin' from credential where method = 3"
    ) == [(maren, town.database.rows("select timestamp '2023-02-16 00:00'")[0][0])]


def test_old_way_follows_a_changed_postcode(town: ImportingTown) -> None:  # A1
    town.customers(file(MAREN), MONDAY)
    town.customers(file(MAREN.replace("25813", "24103")), TUESDAY)
    assert town.counts(Method.LEGACY, town.customer("K1"), normalise("K1", date(1980, 5, 17), "24103").reveal())


def test_after_its_end_nobody_gets_the_old_way(town: ImportingTown) -> None:  # A1
    town.customers(file(MAREN), MONDAY, now=MONDAY + timedelta(days=60))
    assert town.database.rows("select count(*) from credential where method = 3") == [(0,)]


def test_dry_run_tells_and_keeps_nothing(town: ImportingTown) -> None:
    report = town.customers(file(MAREN, JONAS.replace("8150", "no")), dry_run=True)
    assert (report.rows, report.changed, report.rejected) == (2, 1, 1)
    assert not any(town.state().values())
    assert town.database.rows("select count(*) from import_run") == [(0,)]
    assert len(town.rejected()) == 1
    assert town.customers(file(MAREN)).changed == 1


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + file(MAREN),
        file(MAREN).replace("\n", "\r\n"),
        file(MAREN).replace(";", ","),
        file(MAREN).replace(";", "\t"),
        file(MAREN).replace("Maren", '"Maren"').replace("customer_number", '"Customer Number"'),
        file(MAREN).rstrip("\n"),
        file("", MAREN, ""),
    ],
)
def test_files_differ_in_form_and_not_in_content(town: ImportingTown, content: str) -> None:
    assert town.customers(content).changed == 1
    assert town.database.rows("select customer_number, given_name from customer") == [("K1", "Maren")]


def test_quoted_cell_may_hold_the_delimiter_and_a_quote(town: ImportingTown) -> None:
    town.customers(file(MAREN.replace("Muster", '"Muster; ""die Ältere"" \\N"')))
    assert town.database.rows("select family_name from customer") == [('Muster; "die Ältere" \\N',)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "lacks customer_number"),
        ("name;code\nA;1\n", "lacks customer_number"),
        (HEADER + ";kind\n", "kind twice"),
        (file(MAREN).encode("utf-16"), "UTF-16"),
        (file(MAREN.replace("Maren", "Jürgen")).encode("latin-1"), "line 2, column given_name is not UTF-8"),
        (file(MAREN).replace("\n", "\r") + "x" * (1 << 20), "more than a megabyte"),
    ],
)
def test_unusable_file_is_refused_as_a_whole_with_the_reason(
    town: ImportingTown, content: str | bytes, reason: str
) -> None:
    with pytest.raises(UnusableFile, match=reason):
        town.customers(content)
    assert not any(town.state().values())


def test_import_is_recorded(town: ImportingTown) -> None:  # D4
    town.customers(file(MAREN, "K2;;;;;;;;;1"))
    ((kind, actor, detail),) = town.database.rows("select kind, actor, detail from event where kind like 'import%%'")
    assert (kind, actor) == ("import:finished", "import")
    assert (detail["kind"], detail["rows"], detail["changed"], detail["rejected"]) == ("customers", 2, 1, 1)


def test_import_counts_who_holds_which_code(town: ImportingTown) -> None:  # B3
    town.customers(file(MAREN, JONAS.replace("8150", "0471")), MONDAY)
    assert town.database.rows("select holders from code_holders") == [(2,)]
    town.customers(file(MAREN.replace("0471", "9999")), TUESDAY)
    town.customers(file(MAREN.replace("0471", "9999")), WEDNESDAY)
    assert town.database.rows("select holders from code_holders order by 1") == [(1,), (1,)]
    with town.database.database.connect(Role.CUSTODY, autocommit=True) as custody:
        counted = count_codes(custody, town.database.verifier, town.database.custody, town.brand)
    assert counted == Counted(codes=2, wrong=0)


def test_no_file_gives_somebody_who_left_a_code_or_a_line_back(town: ImportingTown) -> None:  # A9
    """A nightly list that still names them must not seal anew what was destroyed."""
    town.customers(file(MAREN, JONAS), MONDAY)
    maren = town.customer("K1")
    with town.database.connect(Role.CUSTODY) as custody:
        end_contract(custody, customer_id=maren, actor="operator", now=TUESDAY)
        destroy_due(
            custody,
            Rings(town.database.verifier, town.database.custody),
            actor="operator",
            now=TUESDAY + timedelta(days=30),
        )
    second_line = MAREN.replace("0001;Nord", "0003;Nord").replace("0471", "1174")
    report = town.customers(file(MAREN, second_line, JONAS), WEDNESDAY)
    assert report.rejected == 2
    assert "a new one needs a new number" in town.rejected()[0]
    for table in ("sealed_secret", "credential"):
        assert town.database.rows(f"select count(*) from {table} where customer_id = %s", maren) == [(0,)]
    assert town.database.rows("select msisdn from line where customer_id = %s and ended_at is null", maren) == []
    assert town.customers(file(MAREN), MONDAY).rejected == 0  # an older file changes nothing and is no mistake


def test_the_number_of_somebody_who_left_goes_to_the_next_customer(town: ImportingTown) -> None:  # A9
    town.customers(file(MAREN), MONDAY)
    with town.database.connect(Role.CUSTODY) as custody:
        end_contract(custody, customer_id=town.customer("K1"), actor="operator", now=TUESDAY)
    heir = JONAS.replace("+4917604000002", "+4917604000001")
    assert town.customers(file(heir), WEDNESDAY).rejected == 0
    assert town.database.rows("select customer_id, ended_at from line") == [(town.customer("K2"), None)]
