"""Calls that the hotline makes to customers, as their portal shows them (D5)."""

from django.db import models


class OutgoingCall(models.Model):
    """One call that an agent announced; sql/39_outgoing_calls.sql announces and ends it.

    `customer_id` is null where the number is nobody's, so that the agent sees no difference (A4). `word` is the
    number of the words that agent and customer both see (`core.call_word`).
    """

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    agent_id = models.BigIntegerField()
    called = models.TextField()
    word = models.SmallIntegerField()
    announced_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outgoing_call"
        indexes = (
            models.Index(fields=["customer_id", "expires_at"], name="outgoing_call_of_customer"),
            models.Index(fields=["agent_id", "expires_at"], name="outgoing_call_of_agent"),
        )
