"""What travels over the intake's API. Its fields are the columns of the import's files, by the same names.

Whether a value is good is judged by the import's own rules, not here; secrets are taken and never shown (B9).
"""

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from werda.usecases.upsert import Row

_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)
MOST_ROWS = 1000

Text = Annotated[str, StringConstraints(max_length=500)] | None
Secret = Annotated[SecretStr, Field(max_length=500, json_schema_extra={"writeOnly": True})] | None
AsOf = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC))]


class _Told(BaseModel):
    """Fields that are columns."""

    model_config = _STRICT

    def row(self, **key: str) -> Row:
        """What is told, as cells; what is left out or null says nothing."""
        told = {name: getattr(self, name) for name in type(self).model_fields if name not in {"as_of", "lines"}}
        return {name: _cell(value) for name, value in told.items() if value is not None} | key


class LineFacts(_Told):
    """A line's own columns."""

    line_kind: Text = None
    tariff: Text = None
    shared: bool | None = None


class CustomersLine(LineFacts):
    """A line within its customer."""

    msisdn: Annotated[str, StringConstraints(max_length=500)]


class CustomerFacts(_Told):
    """A customer's own columns."""

    kind: Text = None
    payment: Text = None
    salutation: Text = None
    given_name: Text = None
    family_name: Text = None
    company: Text = None
    birth_date: Text = None
    street: Text = None
    postcode: Text = None
    city: Text = None
    email: Text = None
    language: Text = None
    customer_code: Secret = None


class CustomerPut(CustomerFacts):
    """A customer, and those of their lines that are told. `as_of`: when this was true."""

    as_of: AsOf
    lines: Annotated[list[CustomersLine], Field(max_length=MOST_ROWS)] = []

    def rows(self, number: str) -> list[Row]:
        """One row for each line, or one without."""
        customer = self.row(customer_number=number)
        return [{**customer, **line.row()} for line in self.lines] or [customer]


class LinePut(LineFacts):
    """A line and whose it is. `as_of`: when this was true."""

    as_of: AsOf
    customer_number: Annotated[str, StringConstraints(max_length=500)]


class SimFacts(_Told):
    """A SIM profile's columns; without `msisdn` and `customer_number` it is stock."""

    imsi: Text = None
    eid: Text = None
    kind: Text = None
    role: Text = None
    status: Text = None
    activated_at: Text = None
    msisdn: Text = None
    customer_number: Text = None
    pin1: Secret = None
    puk1: Secret = None
    pin2: Secret = None
    puk2: Secret = None
    activation_code: Secret = None


class SimPut(SimFacts):
    """A SIM profile. `as_of`: when this was true."""

    as_of: AsOf


class CustomerRow(CustomerFacts, LineFacts):
    """A row of the customers' file."""

    customer_number: Annotated[str, StringConstraints(max_length=500)]
    msisdn: Text = None


class SimRow(SimFacts):
    """A row of the SIMs' file."""

    iccid: Annotated[str, StringConstraints(max_length=500)]


class CustomerRows(BaseModel):
    """Rows of the customers' file. `as_of`: when they were true."""

    model_config = _STRICT

    as_of: AsOf
    rows: Annotated[list[CustomerRow], Field(min_length=1, max_length=MOST_ROWS)]


class SimRows(BaseModel):
    """Rows of the SIMs' file. `as_of`: when they were true."""

    model_config = _STRICT

    as_of: AsOf
    rows: Annotated[list[SimRow], Field(min_length=1, max_length=MOST_ROWS)]


class Remark(BaseModel):
    """What is to be said of a row, never what it held. `row` counts from 0, `field` is empty for the row as a whole."""

    row: int
    field: str
    reason: str


class UpsertAnswer(BaseModel):
    """What became of the rows. `changed` counts those that added or changed anything."""

    rows: int
    changed: int
    rejects: list[Remark]
    warnings: list[Remark]


class OrderAnswer(BaseModel):
    """Where an order is."""

    order: uuid.UUID
    kind: str
    state: Literal["waiting", "ordered", "done", "failed", "cancelled"]
    reason: str
    ordered_at: datetime
    settled_at: datetime | None


class ResultRequest(BaseModel):
    """What became of an order. `reason` is shown to people; `data` depends on the kind of order."""

    model_config = _STRICT

    state: Literal["done", "failed"]
    reason: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    data: dict[str, Any] = {}


def _cell(value: str | bool | SecretStr) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.get_secret_value() if isinstance(value, SecretStr) else value
