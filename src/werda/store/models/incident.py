"""Incidents: what was marked, what was done about it, and who was told when (A7)."""

from django.db import models

from werda.core.incident import Recipient


class Incident(models.Model):
    """One incident. `known_at` starts the clocks, `since` the timeline; `call_id` is the call it was reported in."""

    brand_id = models.BigIntegerField()
    reason = models.TextField()
    known_at = models.DateTimeField()
    since = models.DateTimeField()
    call_id = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.TextField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incident"
        indexes = (models.Index(fields=["id"], name="incident_open", condition=models.Q(closed_at__isnull=True)),)


class IncidentEntry(models.Model):
    """What was noted of an incident, in order; `recipient` when it says that somebody was told at `at`."""

    incident = models.ForeignKey(Incident, models.CASCADE)
    written_at = models.DateTimeField()
    at = models.DateTimeField()
    actor = models.TextField()
    recipient = models.TextField(null=True)  # noqa: DJ001 - core.incident.Recipient; null is a note
    text = models.TextField(blank=True)

    class Meta:
        db_table = "incident_entry"
        constraints = (
            models.UniqueConstraint(
                fields=["incident", "recipient"], condition=models.Q(recipient__isnull=False), name="incident_told_once"
            ),
            models.CheckConstraint(
                condition=models.Q(recipient__isnull=True)
                | models.Q(recipient__in=sorted(recipient.value for recipient in Recipient)),
                name="incident_recipient_is_known",
            ),
        )


class IncidentAttempt(models.Model):
    """An attempt that was marked. It may have been erased since; then its hash stays elsewhere (A9)."""

    pk = models.CompositePrimaryKey("incident_id", "attempt_id")
    incident_id = models.BigIntegerField()
    attempt_id = models.BigIntegerField()

    class Meta:
        db_table = "incident_attempt"
        indexes = (models.Index(fields=["attempt_id"], name="incident_of_attempt"),)


class IncidentCall(models.Model):
    """A call that belongs to an incident: one that was marked, or one with a marked attempt in it."""

    pk = models.CompositePrimaryKey("incident_id", "call_id")
    incident_id = models.BigIntegerField()
    call_id = models.BigIntegerField()

    class Meta:
        db_table = "incident_call"
        indexes = (models.Index(fields=["call_id"], name="incident_of_call"),)


class IncidentCustomer(models.Model):
    """A customer whom an incident concerns; `distrusted_at` since when their code counts no longer (B8)."""

    pk = models.CompositePrimaryKey("incident_id", "customer_id")
    incident_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    distrusted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incident_customer"
        indexes = (models.Index(fields=["customer_id"], name="incident_of_customer"),)


class IncidentWarning(models.Model):
    """That the operator's systems were warned of a deadline, once."""

    pk = models.CompositePrimaryKey("incident_id", "recipient")
    incident_id = models.BigIntegerField()
    recipient = models.TextField()  # core.incident.Recipient
    warned_at = models.DateTimeField()

    class Meta:
        db_table = "incident_warning"


class ToldUpTo(models.Model):
    """Up to which attempt of a lane customers were told of successes after failures and of locks (C8)."""

    lane_id = models.BigIntegerField(primary_key=True)
    attempt_id = models.BigIntegerField()

    class Meta:
        db_table = "told_up_to"
