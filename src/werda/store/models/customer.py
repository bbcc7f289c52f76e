"""Customers, their lines and their SIM profiles. Every row carries `customer_id` (design decision 1, growth)."""

from typing import ClassVar

from django.db import models

from werda.store.models.brand import Brand


def _of_a_brand() -> "models.ForeignKey[Brand, Brand]":
    """Every unique key below begins with the brand and brands are never deleted: an index and a check of its own for
    each row would only slow the import down."""
    return models.ForeignKey(Brand, models.PROTECT, db_constraint=False, db_index=False)


def _of_a_customer(*, null: bool = False) -> "models.ForeignKey[Customer, Customer]":
    """Whoever writes a line or a SIM profile has looked its customer up in the same transaction. A check of each row by
    PostgreSQL, with a lock of the customer, takes as long as bringing the row in."""
    return models.ForeignKey("Customer", models.CASCADE, null=null, db_constraint=False)


class Customer(models.Model):
    """An account holder. `customer_number` is public, never a secret. `as_of`: the newest file that told of it.

    `address_since`: the as-of time of the file that told the present address first; null where nobody knows (E4).

    From `ended_at` on the hotline no longer knows them; what was secret is destroyed later (A9).
    """

    brand = _of_a_brand()
    customer_number = models.TextField()
    kind = models.TextField(default="person")  # person | company
    payment = models.TextField(default="postpaid")  # postpaid | prepaid
    salutation = models.TextField(blank=True)
    given_name = models.TextField(blank=True)
    family_name = models.TextField(blank=True)
    company = models.TextField(blank=True)
    birth_date = models.DateField(null=True)
    street = models.TextField(blank=True)
    postcode = models.TextField(blank=True)
    city = models.TextField(blank=True)
    email = models.TextField(blank=True)
    language = models.TextField(default="de")
    as_of = models.DateTimeField()
    address_since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "customer"
        constraints = (models.UniqueConstraint(fields=["brand", "customer_number"], name="customer_number_once"),)
        indexes = (
            models.Index(fields=["ended_at"], name="customer_ended", condition=models.Q(ended_at__isnull=False)),
        )

    def __str__(self) -> str:
        return self.customer_number

    @property
    def display_name(self) -> str:
        """How people call the customer."""
        return self.company or f"{self.given_name} {self.family_name}".strip()


class Line(models.Model):
    """A phone line, E.164. A `shared` number (a company's switchboard) identifies nobody, nor does one that ended.

    Until `possession_from` somebody who calls from the line is treated like one from anywhere: a SIM came new to it.
    """

    KINDS: ClassVar = ("mobile", "landline")

    brand = _of_a_brand()
    customer = _of_a_customer()
    msisdn = models.TextField()
    kind = models.TextField(default="mobile")
    tariff = models.TextField(blank=True)
    shared = models.BooleanField(default=False)
    as_of = models.DateTimeField()
    possession_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "line"
        constraints = (models.UniqueConstraint(fields=["brand", "msisdn"], name="msisdn_once"),)

    def __str__(self) -> str:
        return self.msisdn


class SimProfile(models.Model):
    """A physical SIM or an eSIM profile (S12); without customer it is in stock. Its PUK never changes (S9).

    `counts_from`: after a replacement its PUK cools until then. `ended_at`: since when it is replaced or ended.
    """

    brand = _of_a_brand()
    customer = _of_a_customer(null=True)
    line = models.ForeignKey(Line, models.SET_NULL, null=True, db_constraint=False)
    kind = models.TextField(default="physical")  # core.sim.SimKind
    role = models.TextField(default="primary")  # core.sim.SimRole
    status = models.TextField(default="stock")  # core.sim.SimStatus
    iccid = models.TextField()
    imsi = models.TextField(blank=True)
    eid = models.TextField(blank=True)
    activated_at = models.DateTimeField(null=True)
    counts_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField()

    class Meta:
        db_table = "sim_profile"
        constraints = (models.UniqueConstraint(fields=["brand", "iccid"], name="iccid_once"),)

    def __str__(self) -> str:
        return self.iccid


class CustomerLock(models.Model):
    """That a customer does not want an operation done for anybody, whatever they prove (A6), until they lift it."""

    pk = models.CompositePrimaryKey("customer_id", "operation")
    customer_id = models.BigIntegerField()
    operation = models.TextField()  # core.policy.Operation
    set_at = models.DateTimeField()

    class Meta:
        db_table = "customer_lock"
