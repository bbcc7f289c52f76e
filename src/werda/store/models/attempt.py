"""Attempts, counted where they are compared, appended in lanes (design decisions 3 and 5)."""

from django.db import models
from django.db.models.expressions import RawSQL


class Budget(models.Model):
    """What is left of a person's tries (C1, C2): one row for calls from their own line, one for all others (C3).

    The row for their own line comes with the first call from there.

    Since `closed_at` the customer keeps the hotline closed for themselves: nothing is evaluated (E5).

    Negative customer ids are decoy rows, over which attempts on unknown numbers go (C7).
    """

    pk = models.CompositePrimaryKey("customer_id", "person_id", "own_line")
    customer_id = models.BigIntegerField()
    person_id = models.BigIntegerField(default=0)
    own_line = models.BooleanField()
    failures = models.SmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "budget"


class Lane(models.Model):
    """One database connection that wrote attempts, with a hash chain of its own."""

    opened_at = models.DateTimeField()

    class Meta:
        db_table = "lane"


_FAILED = models.Q(outcome__in=[1, 4])  # wrong, unknown: core.verdict.Outcome


class Attempt(models.Model):
    """One offered secret. The id is ``lane << 32 | seq``; the guess itself is never kept.

    `request_mac` is a keyed fingerprint of an idempotent request, so that the same key with other digits is refused.
    """

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    person_id = models.BigIntegerField()
    own_line = models.BooleanField()
    channel = models.SmallIntegerField()
    method = models.SmallIntegerField()
    outcome = models.SmallIntegerField()
    failures = models.SmallIntegerField()
    level = models.SmallIntegerField()
    line_id = models.BigIntegerField(null=True)
    call_id = models.BigIntegerField()
    tries = models.SmallIntegerField()
    calling_number = models.TextField(blank=True)
    trunk = models.TextField(blank=True)
    agent_id = models.BigIntegerField(null=True)
    api_key_id = models.BigIntegerField()
    idempotency_key = models.TextField(null=True)  # noqa: DJ001 - null is no key; the unique index leaves it out
    request_mac = models.BinaryField(null=True)
    salt = models.UUIDField(db_default=RawSQL("gen_random_uuid()", ()))  # so that its hash tells nothing of it

    class Meta:
        db_table = "attempt"
        constraints = (
            models.UniqueConstraint(
                fields=["call_id", "api_key_id", "idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="attempt_idempotency",
            ),
        )
        indexes = (
            models.Index(fields=["customer_id", "at"], name="attempt_of_customer"),
            # The failures of a source (C5); a success costs none of them anything.
            models.Index(fields=["calling_number", "at"], name="attempt_failed_number", condition=_FAILED),
            models.Index(
                models.Func("calling_number", -2, function="left", output_field=models.TextField()),
                "at",
                name="attempt_failed_block",
                condition=_FAILED,
            ),
            models.Index(fields=["agent_id", "at"], name="attempt_failed_agent", condition=_FAILED),
        )


class AttemptBatch(models.Model):
    """The hash of a batch of attempts, chained to the batch before it in the same lane."""

    first_id = models.BigIntegerField(primary_key=True)
    last_id = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "attempt_batch"


class ErasedRecord(models.Model):
    """What stays of an erased attempt or event: its hash, so that the seal over it can still be checked (A9)."""

    pk = models.CompositePrimaryKey("log", "record_id")
    log = models.SmallIntegerField()  # core.audit.Log: 1 attempts, 2 events
    record_id = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    erased_at = models.DateTimeField()

    class Meta:
        db_table = "erased_record"
