"""What happened, in a closed set of kinds (core.audit.EventKind); sealed later by the worker (design decision 5)."""

from django.db import models
from django.db.models.expressions import RawSQL

from werda.core.audit import EventKind


class Event(models.Model):
    """One event. `txid` is the transaction that wrote it; a row is sealed once that is below the snapshot horizon.

    Where the record was resumed after a restore, the default adds a number to what PostgreSQL counts
    (store.queries.transactions); a migration that touches it must keep that.
    """

    at = models.DateTimeField()
    txid = models.BigIntegerField(db_default=RawSQL("pg_current_xact_id()::text::bigint", ()))
    kind = models.TextField()
    brand_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField(null=True)
    call_id = models.BigIntegerField(null=True)
    actor = models.TextField()
    detail = models.JSONField(default=dict)
    salt = models.UUIDField(db_default=RawSQL("gen_random_uuid()", ()))  # so that its hash tells nothing of it

    class Meta:
        db_table = "event"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(kind.value for kind in EventKind)), name="event_kind_is_known"
            ),
        )
        indexes = (
            models.Index(fields=["customer_id", "at"], name="event_of_customer"),
            models.Index(fields=["kind", "at"], name="event_by_kind"),  # what is due to be erased
            models.Index(fields=["txid"], name="event_by_transaction"),  # what is due to be sealed
        )
