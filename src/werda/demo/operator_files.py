"""The operator's files: customers, SIM profiles and bookings as its billing system and its SIM vendor would write them.

Codes, PINs and PUKs are random in each installation. They stand in the files in the clear, as they do in real ones, so
the files are readable by their owner alone and are removed as soon as they are in.
"""

import csv
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from werda.core.customer_code import CodeFormat, CustomerCode
from werda.core.sim import PUK_DIGITS
from werda.demo.people import Customer, Line, Sim
from werda.usecases.import_bookings import COLUMNS as BOOKING_COLUMNS
from werda.usecases.import_customers import COLUMNS as CUSTOMER_COLUMNS
from werda.usecases.import_sims import COLUMNS as SIM_COLUMNS

_SM_DP: Final = "smdp.nordfunk.example.org"


def customers_file(folder: Path) -> Path:
    """Where the customers' file lies until it is in."""
    return folder / "nordfunk-customers.csv"


def sims_file(folder: Path) -> Path:
    """Where the SIM vendor's file lies until it is in."""
    return folder / "nordfunk-sims.csv"


def bookings_file(folder: Path) -> Path:
    """Where the list of booked options lies until it is in."""
    return folder / "nordfunk-bookings.csv"


def write(folder: Path, customers: Sequence[Customer], code_format: CodeFormat, stock: Sequence[Sim] = ()) -> None:
    """Write the files, with fresh secrets; each is whole or not there. `stock` are SIMs that nobody has."""
    _write(bookings_file(folder), BOOKING_COLUMNS.wanted, _booking_rows(customers))
    _write(sims_file(folder), SIM_COLUMNS.wanted, [*_sim_rows(customers), *map(_sim_row, stock)])
    _write(customers_file(folder), CUSTOMER_COLUMNS.wanted, _customer_rows(customers, code_format))


def _customer_rows(customers: Iterable[Customer], code_format: CodeFormat) -> Iterable[dict[str, str]]:
    for customer in customers:
        code = CustomerCode.suggest(code_format).secret.reveal() if customer.has_code else ""
        person = {
            "customer_number": customer.number,
            "kind": customer.kind,
            "payment": customer.payment,
            "salutation": customer.salutation,
            "given_name": customer.given_name,
            "family_name": customer.family_name,
            "company": customer.company,
            "birth_date": customer.birth_date.isoformat() if customer.birth_date else "",
            "street": customer.address.street,
            "postcode": customer.address.postcode,
            "city": customer.address.city,
            "email": customer.email,
            "customer_code": code,
        }
        for line in customer.lines:
            shared = "yes" if line.shared else "no"
            yield {**person, "msisdn": line.msisdn, "line_kind": line.kind, "tariff": line.tariff, "shared": shared}


def _sim_rows(customers: Iterable[Customer]) -> Iterable[dict[str, str]]:
    for customer in customers:
        for line in customer.lines:
            for sim in line.sims:
                yield {**_sim_row(sim), "msisdn": line.msisdn, "customer_number": customer.number}


def _sim_row(sim: Sim) -> dict[str, str]:
    row = {
        "iccid": sim.iccid,
        "imsi": sim.imsi,
        "eid": sim.eid,
        "kind": "esim" if sim.is_esim else "physical",
        "role": sim.role,
        "status": sim.status,
        "activated_at": sim.activated_at.isoformat() if sim.activated_at else "",
        "pin1": _digits(4),
        "puk1": _digits(PUK_DIGITS),
        "pin2": _digits(4),
        "puk2": _digits(PUK_DIGITS),
    }
    if sim.is_esim:
        row["activation_code"] = f"LPA:1${_SM_DP}${secrets.token_hex(10).upper()}"
    return row


def _digits(count: int) -> str:
    return f"{secrets.randbelow(10**count):0{count}}"


def _booking_rows(customers: Iterable[Customer]) -> Iterable[dict[str, str]]:
    """Who has a watch or tablet has a second card; many others listen to music, and call Europe from home."""
    for customer in customers:
        for line in customer.lines:
            option = _option_of(line)
            if option:
                number = line.msisdn.removeprefix("+")
                starts_on = f"2026-{int(number[-2:]) % 9 + 1:02}-01"
                yield {"booking": f"NF-{number}", "msisdn": line.msisdn, "option": option, "starts_on": starts_on}


def _option_of(line: Line) -> str:
    if line.kind == "landline":
        return "" if line.shared or int(line.msisdn[-1]) % 2 else "landline-abroad"
    if any(sim.role == "secondary" for sim in line.sims):
        return "second-sim"
    return "music" if int(line.msisdn[-1]) % 4 == 0 and line.msisdn[-2] != "0" else ""


def _write(file: Path, columns: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    with fresh.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, delimiter=";", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    fresh.rename(file)
