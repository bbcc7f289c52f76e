"""Questions to a customer in a call: is it you? (A3)"""

from django.db import models


class Confirmation(models.Model):
    """One question, asked by an agent in a call; sql/38_confirmations.sql asks, answers and counts.

    `customer_id` is null where the call is nobody's, so that the agent sees no difference. `answer` is ``yes`` or
    ``no`` once there is one; `attempt_id` is the attempt as which a yes was counted.
    """

    call_id = models.BigIntegerField()
    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    agent_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answer = models.TextField(blank=True, db_default="")
    answered_at = models.DateTimeField(null=True)
    attempt_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "confirmation"
        indexes = (
            models.Index(fields=["call_id"], name="confirmation_of_call"),
            models.Index(fields=["customer_id", "asked_at"], name="confirmation_of_customer"),
        )
