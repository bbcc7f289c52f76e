"""What can be booked beside a tariff, and what is booked (S13)."""

from typing import ClassVar

from django.db import models


class OptionVersion(models.Model):
    """A catalogue of options, in force from `effective_from` until the brand's next one (core.option_document)."""

    brand_id = models.BigIntegerField()
    version = models.TextField()
    effective_from = models.DateTimeField()
    document = models.TextField()

    class Meta:
        db_table = "option_version"
        constraints = (
            models.UniqueConstraint(fields=["brand_id", "version"], name="option_version_once"),
            models.UniqueConstraint(fields=["brand_id", "effective_from"], name="option_one_at_a_time"),
        )


class OptionBooking(models.Model):
    """One option of one line: with name, price and terms as they were booked, whatever later catalogues say.

    `ends_on` is the last day, null while nobody cancelled; before `starts_on` when it was withdrawn (BGB § 355). The
    orders say how the operator took it: a booking whose order failed never was, and one whose `cancel_order` failed
    goes on. `reference` is the operator's name for it, its public id where it was booked here; `as_of` the time of the
    newest word about it, ours or a file's.
    """

    public_id = models.UUIDField(unique=True)
    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    line_id = models.BigIntegerField()
    option = models.TextField()
    catalogue = models.TextField()
    terms = models.JSONField()
    price = models.DecimalField(max_digits=6, decimal_places=2)
    currency = models.TextField()
    booked_at = models.DateTimeField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    idempotency_key = models.TextField()
    order = models.UUIDField()
    cancel_order = models.UUIDField(null=True)
    reference = models.TextField()
    as_of = models.DateTimeField()

    class Meta:
        db_table = "option_booking"
        constraints: ClassVar = (
            models.UniqueConstraint(fields=["customer_id", "idempotency_key"], name="option_booked_once"),
            models.UniqueConstraint(fields=["brand_id", "reference"], name="option_booking_known_once"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="option_price_is_none_or_more"),
        )
        indexes: ClassVar = (models.Index(fields=["line_id"], name="option_of_line"),)
