"""What a SIM vendor's output file does (issue item 3; S9, S10, S12, B7)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.usecases.importing_town import MONDAY, TUESDAY, WEDNESDAY, ImportingTown
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.sim_secrets import SimSecrets
from werda.usecases.importing.outcome import UnusableFile

CUSTOMERS = "customer_number;msisdn\nK1;+4917604000001\nK2;+4917604000002\n"
HEADER = "ICCID;IMSI;PIN1;PUK1;PIN2;PUK2"
ICCID = "8949440000001672706"
SIM = f"{ICCID};262011234567890;0815;00471147;4321;98765432"
ESIM = "8949440000001672714"


def file(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def assigned(*rows: str) -> str:
    return file(*rows, header=f"{HEADER};msisdn;status;activated_at")


def test_vendor_file_fills_the_stock_and_seals_pins_and_puks_for_nobody(town: ImportingTown) -> None:  # S10, B5
    report = town.sims(file(SIM))
    assert (report.rows, report.changed, report.rejected, report.warned) == (1, 1, 0, 0)
    assert town.database.rows("select iccid, imsi, kind, role, status, customer_id from sim_profile") == [
        (ICCID, "262011234567890", "physical", "primary", "stock", None)
    ]
    sim = town.sim(ICCID)
    assert town.sim_secrets(0, sim) == SimSecrets(*map(Secret, ("0815", "00471147", "4321", "98765432")))
    assert town.database.rows("select count(*) from credential where customer_id >= 0") == [(0,)]  # counts for nobody


def test_assigning_a_sim_from_stock_makes_its_puk_count_for_its_customer(town: ImportingTown) -> None:  # B7
    town.customers(CUSTOMERS)
    town.sims(file(SIM), MONDAY)
    report = town.sims(f"iccid;msisdn;status\n{ICCID};017604000001;active\n", TUESDAY)
    assert (report.changed, report.rejected) == (1, 0)
    sim, customer = town.sim(ICCID), town.customer("K1")
    assert town.counts(Method.PUK, customer, "00471147", sim)
    assert town.sim_secrets(customer, sim) == SimSecrets(*map(Secret, ("0815", "00471147", "4321", "98765432")))
    assert town.database.rows("select count(*) from sealed_secret where customer_id = 0") == [(0,)]
    assert town.database.rows("select status, activated_at from sim_profile") == [("active", TUESDAY)]


def test_sim_given_to_another_customer_takes_its_puk_along(town: ImportingTown) -> None:  # B7
    town.customers(CUSTOMERS)
    town.sims(assigned(f"{SIM};+4917604000001;active;2022-05-01"), MONDAY)
    town.sims(f"iccid;customer_number\n{ICCID};K2\n", TUESDAY)
    sim = town.sim(ICCID)
    assert town.database.rows("select count(*) from credential where customer_id = %s", town.customer("K1")) == [(0,)]
    assert town.counts(Method.PUK, town.customer("K2"), "00471147", sim)
    assert town.sim_secrets(town.customer("K2"), sim).puk2 == Secret("98765432")
    assert town.database.rows("select line_id from sim_profile") == [(None,)]  # never another customer's line


def test_sim_with_a_line_is_out_of_stock_and_activated_when_the_file_says(town: ImportingTown) -> None:  # B7
    town.customers(CUSTOMERS)
    town.sims(assigned(f"{SIM};+4917604000001;;", f"{ESIM};;;;;;+4917604000002;active;2023-01-02T10:00:00"))
    assert town.database.rows("select status, activated_at from sim_profile order by iccid") == [
        ("shipped", None),
        ("active", datetime(2023, 1, 2, 9, 0, tzinfo=UTC)),  # by the brand's clocks
    ]


@pytest.mark.parametrize("column", ["PUK1", "PUK2"])
@pytest.mark.parametrize("as_of", [MONDAY, TUESDAY, WEDNESDAY])
def test_another_puk_for_a_known_iccid_is_rejected_whatever_the_time(
    town: ImportingTown, column: str, as_of: datetime
) -> None:  # S9
    town.sims(file(SIM), TUESDAY)
    before = town.state()
    other = SIM.replace("00471147" if column == "PUK1" else "98765432", "11111112").replace("262011", "262019")
    report = town.sims(file(other), as_of)
    assert (report.changed, report.rejected) == (0, 1)
    assert town.rejected() == [f'2,{column.lower()},"differs from the PUK of this ICCID, which never changes (S9)"']
    assert town.state() == before


def test_same_file_twice_changes_nothing(town: ImportingTown) -> None:
    town.customers(CUSTOMERS)
    content = assigned(f"{SIM};+4917604000001;active;2022-05-01", f"{ESIM};;1234;12345678;;;;;")
    assert town.sims(content, MONDAY).changed == 2
    before = town.state()
    assert town.sims(content, MONDAY).changed == 0
    assert town.state() == before
    assert town.sims(content, TUESDAY).changed == 0
    after = town.state()
    assert [row[:5] for row in after["sealed_secret"]] == [
        row[:5] for row in before["sealed_secret"]
    ]  # not sealed anew


def test_vendor_file_again_leaves_an_assigned_sim_with_its_customer(town: ImportingTown) -> None:
    town.customers(CUSTOMERS)
    town.sims(file(SIM), MONDAY)
    town.sims(f"iccid;msisdn\n{ICCID};+4917604000001\n", TUESDAY)
    before = town.state()
    assert town.sims(file(SIM), MONDAY).changed == 0
    assert town.state() == before


def test_delivery_pin_of_a_newer_file_replaces_the_older(town: ImportingTown) -> None:  # S9
    town.sims(file(SIM), MONDAY)
    assert town.sims(file(SIM.replace("0815", "1508")), MONDAY).rejected == 1
    assert town.sims(file(SIM.replace("0815", "1508")), TUESDAY).changed == 1
    assert town.sim_secrets(0, town.sim(ICCID)).pin == Secret("1508")
    assert town.sim_secrets(0, town.sim(ICCID)).puk == Secret("00471147")


def test_wrong_check_digit_of_an_iccid_is_a_warning(town: ImportingTown) -> None:
    report = town.sims(file(SIM.replace(ICCID, "8949440000001672707")))
    assert (report.changed, report.rejected, report.warned) == (1, 0, 1)
    assert report.warnings[0].line == 2
    assert report.warnings[0].column == "iccid"


def test_ki_opc_adm_and_acc_are_dropped_unread(town: ImportingTown) -> None:
    # A cell that anything decoded would keep its row out: it is no UTF-8, and shows up nowhere.
    unreadable = b"\xff\xfeKI-CANARY"
    header = b"ICCID;Ki;OPc;ADM1;adm_2;ACC;PUK1\n"
    content = header + f"{ICCID};".encode() + b";".join([unreadable] * 5) + b";00471147\n"
    report = town.sims(content)
    assert (report.changed, report.rejected) == (1, 0)
    for (table,) in town.database.rows("select tablename from pg_tables where schemaname = 'public'"):
        assert "CANARY" not in str(town.database.rows(f"select t::text from {table} t"))
    from werda.usecases.import_sims import COLUMNS
    from werda.usecases.importing.table_file import TableFile

    opened = TableFile.open(town.file(content), COLUMNS)
    assert opened.dropped == ("Ki", "OPc", "ADM1", "adm_2", "ACC")
    assert not opened.ignored


def test_nobody_can_map_ki_to_a_column_that_is_read(town: ImportingTown) -> None:
    from werda.usecases.import_sims import COLUMNS
    from werda.usecases.importing.table_file import TableFile

    with pytest.raises(UnusableFile, match="dropped unread"):
        TableFile.open(town.file("ICCID;K_i\n1;2\n"), COLUMNS, {"K_i": "imsi"})


def test_esim_has_pin_and_puk_too_and_its_activation_code_is_a_secret(town: ImportingTown) -> None:  # S12
    code = "LPA:1$smdp.example.org$MATCHING-4711"
    town.sims(f"iccid;eid;puk1;activation_code\n{ESIM};89044011112233441122334411223321;12345678;{code}\n")
    assert town.database.rows("select kind, eid from sim_profile") == [("esim", "89044011112233441122334411223321")]
    assert town.sim_secrets(0, town.sim(ESIM)).activation_code == Secret(code)
    for (table,) in town.database.rows("select tablename from pg_tables where schemaname = 'public'"):
        assert "MATCHING-4711" not in str(town.database.rows(f"select t::text from {table} t"))  # B9


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (SIM.replace(ICCID, "1234"), "iccid", "an ICCID has 19 or 20 digits"),
        (SIM.replace("262011234567890", "26201x"), "imsi", "an IMSI has"),
        (SIM.replace("00471147", "0047114"), "puk1", "a PUK has exactly 8 digits"),
        (SIM.replace("0815", "123"), "pin1", "a PIN has 4 to 8 digits"),
        (f"{ESIM};;;;;;+4917604000099;;", "msisdn", "is no known line"),
        (f"{ESIM};;;;;;+4917604000001;stock;", "status", "is stock, but the row names a line"),
        (f"{ESIM};;;;;;+4917604000001;lost;", "status", "is none of stock"),
        (f"{ESIM};;;;;;+4917604000001;active;yesterday", "activated_at", "is no moment"),
    ],
)
def test_bad_row_goes_to_the_rejects_file_and_the_rest_goes_in(
    town: ImportingTown, row: str, column: str, reason: str
) -> None:
    town.customers(CUSTOMERS)
    row = row if row.count(";") == 8 else f"{row};;;"
    report = town.sims(assigned(row, "8949440000001672722;;;12345678;;;;;"))
    assert (report.rows, report.changed, report.rejected) == (2, 1, 1)
    assert town.rejected()[0].replace('"', "").startswith(f"2,{column},{reason}")


def test_line_and_customer_number_must_agree(town: ImportingTown) -> None:
    town.customers(CUSTOMERS)
    report = town.sims(f"iccid;msisdn;customer_number\n{ICCID};+4917604000001;K2\n{ESIM};+4917604000002;K2\n")
    assert (report.changed, report.rejected) == (1, 1)
    assert town.rejected()[0].startswith("2,msisdn,is a line of another customer")


def test_rejects_of_unknown_lines_go_in_when_the_customers_are_there(town: ImportingTown) -> None:
    content = assigned(f"{SIM};+4917604000001;active;")
    assert town.sims(content).rejected == 1
    town.customers(CUSTOMERS)
    report = town.sims(content)
    assert (report.changed, report.rejected) == (1, 0)
    assert not town.rejects.exists()


def test_one_iccid_twice_in_a_file_is_rejected_unless_the_rows_are_equal(town: ImportingTown) -> None:
    report = town.sims(file(SIM, SIM, SIM.replace("0815", "1508")))
    assert (report.rows, report.changed, report.rejected) == (3, 1, 1)
    assert town.rejected() == ["4,iccid,says otherwise of this SIM than line 2"]


def test_secret_newer_than_the_file_stays(town: ImportingTown) -> None:
    town.sims(file(SIM), MONDAY)
    with town.database.connect() as owner:
        owner.execute("update sealed_secret set as_of = %s", (WEDNESDAY,))
    assert town.sims(file(SIM.replace("0815", "1508")), TUESDAY).rejected == 0
    assert town.sim_secrets(0, town.sim(ICCID)).pin == Secret("0815")


def test_file_that_tells_one_secret_leaves_the_others_of_the_sim(town: ImportingTown) -> None:
    town.sims(f"iccid;puk1\n{ICCID};00471147\n", MONDAY)
    assert town.sims(f"iccid;pin1\n{ICCID};0815\n", TUESDAY).changed == 1
    assert town.sim_secrets(0, town.sim(ICCID)) == SimSecrets(pin=Secret("0815"), puk=Secret("00471147"))


def test_puk_that_a_later_file_brings_counts_for_the_customer(town: ImportingTown) -> None:  # B7
    town.customers(CUSTOMERS)
    town.sims(f"iccid;msisdn;status\n{ICCID};+4917604000001;active\n", MONDAY)
    town.sims(f"iccid;puk1\n{ICCID};00471147\n", TUESDAY)
    assert town.counts(Method.PUK, town.customer("K1"), "00471147", town.sim(ICCID))


@pytest.mark.parametrize("over", ["replaced", "ended"])
def test_no_file_leads_a_sim_back_from_its_end(town: ImportingTown, over: str) -> None:  # S9, B7
    """A nightly list that lags behind must not make a replaced SIM's PUK count again, for anybody."""
    town.customers(CUSTOMERS)
    was = assigned(f"{SIM};+4917604000001;active;2022-05-01")
    town.sims(was, MONDAY)
    town.sims(f"iccid;status\n{ICCID};{over}\n", TUESDAY)
    for row in ("+4917604000001;active", "+4917604000002;"):
        report = town.sims(f"iccid;msisdn;status\n{ICCID};{row}\n", WEDNESDAY)
        assert (report.changed, report.rejected) == (0, 1)
    assert town.database.rows("select status from sim_profile") == [(over,)]
    assert town.sims(was, MONDAY).rejected == 0  # an older file still changes nothing and is no mistake
    assert town.sims(f"iccid;status\n{ICCID};ended\n", WEDNESDAY).rejected == 0


COOLING = timedelta(hours=72)


def cooling(town: ImportingTown, iccid: str) -> list[tuple[object, ...]]:
    return town.database.rows(
        "select p.counts_from, l.possession_from from sim_profile p left join line l on l.id = p.line_id"
        " where iccid = %s",
        iccid,
    )


@pytest.mark.parametrize("stocked", [False, True], ids=["new SIM", "SIM from stock"])
def test_a_replacement_that_a_file_tells_of_cools_too(town: ImportingTown, stocked: bool) -> None:  # A3, B7
    """The operator's shop replaced the SIM; Werda hears of it with the nightly list."""
    town.customers(CUSTOMERS)
    town.sims(assigned(f"{SIM};+4917604000001;active;2022-05-01"), MONDAY)
    if stocked:
        town.sims(file(f"{ESIM};;0000;22222222;;"), MONDAY)
    night = f"iccid;msisdn;status;activated_at\n{ICCID};;replaced;\n{ESIM};+4917604000001;active;\n"
    town.sims(night, TUESDAY)
    assert cooling(town, ESIM) == [(TUESDAY + COOLING, TUESDAY + COOLING)]
    town.sims(night, WEDNESDAY)
    assert cooling(town, ESIM) == [(TUESDAY + COOLING, TUESDAY + COOLING)]  # it does not begin again


def test_what_was_in_use_before_the_first_list_does_not_cool(town: ImportingTown) -> None:
    """MultiSIM and replacements of long ago."""
    town.customers(CUSTOMERS)
    town.sims(
        f"iccid;msisdn;role;status;activated_at\n{ICCID};+4917604000001;primary;active;2022-05-01\n"
        f"{ESIM};+4917604000001;secondary;active;2022-06-01\n",
        MONDAY,
    )
    assert cooling(town, ESIM) == [(None, None)]


def test_a_replacement_told_sim_by_sim_cools_as_one_told_in_one_list(town: ImportingTown) -> None:  # A3
    """The operator's systems may tell of the new SIM in a request of its own."""
    town.customers(CUSTOMERS)
    town.sims(assigned(f"{SIM};+4917604000001;active;2022-05-01"), MONDAY)
    town.sims(f"iccid;status\n{ICCID};replaced\n", TUESDAY)
    town.sims(f"iccid;puk1;msisdn;status\n{ESIM};22222222;+4917604000001;active\n", TUESDAY)
    assert cooling(town, ESIM) == [(TUESDAY + COOLING, TUESDAY + COOLING)]


def test_sim_in_use_that_goes_to_another_customer_cools(town: ImportingTown) -> None:  # A3, B7
    town.customers(CUSTOMERS)
    town.sims(assigned(f"{SIM};+4917604000001;active;2022-05-01"), MONDAY)
    town.sims(f"iccid;msisdn\n{ICCID};+4917604000002\n", TUESDAY)
    assert cooling(town, ICCID) == [(TUESDAY + COOLING, TUESDAY + COOLING)]


def test_puk_of_a_card_whose_number_went_to_somebody_else_opens_the_old_account_no_longer(
    town: ImportingTown,
) -> None:  # B7
    """Whoever has the number now may have the card."""
    town.customers(CUSTOMERS)
    town.sims(assigned(f"{SIM};+4917604000001;active;2022-05-01"), MONDAY)
    town.customers("customer_number;msisdn\nK2;+4917604000001\n", TUESDAY)
    assert town.database.rows("select status, line_id from sim_profile") == [("blocked", None)]
