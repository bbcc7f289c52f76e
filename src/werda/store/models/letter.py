"""What is to be printed: print runs take their work from here (S6, S10, E4)."""

from django.db import models

from werda.core.letter import LetterKind


class Letter(models.Model):
    """One letter to a customer's address of record. It says what is true when it is printed, not when it was queued.

    `sim_id` names the SIM of a carrier. `run_id` is the print run that took it; `printed_at` is null until it is done.
    Of each kind a customer has at most one that no run has taken yet.
    """

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    kind = models.TextField()  # core.letter.LetterKind
    sim_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    printed_at = models.DateTimeField(null=True)
    run_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "letter"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(kind.value for kind in LetterKind)), name="letter_kind_is_known"
            ),
            models.UniqueConstraint(
                fields=["customer_id", "kind", "sim_id"],
                condition=models.Q(run_id__isnull=True, printed_at__isnull=True),
                nulls_distinct=False,
                name="letter_waits_once",
            ),
        )
        indexes = (
            models.Index(
                fields=["brand_id", "id"],
                name="letter_waiting",
                condition=models.Q(run_id__isnull=True, printed_at__isnull=True),
            ),
        )
