"""Who else may speak for a customer (E2). Credential, budget, attempts and calls carry their id as `person_id`."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from werda.core.representative import RepresentativeKind


class Representative(models.Model):
    """One of them. `number` is public, unique within the brand; `scope` holds names of `core.policy.Operation`.

    `sealed` is their code, so that it can be moved to another key (B5); nobody is shown it again.
    """

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    number = models.TextField()
    name = models.TextField()
    kind = models.TextField()
    scope = ArrayField(models.TextField())
    begins_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    idempotency_key = models.TextField()
    sealed = models.BinaryField(null=True)
    sealed_key_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "representative"
        constraints = (
            models.UniqueConstraint(fields=["brand_id", "number"], name="representative_number_once"),
            models.UniqueConstraint(fields=["customer_id", "idempotency_key"], name="representative_added_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(kind.value for kind in RepresentativeKind)),
                name="representative_kind_is_known",
            ),
        )
