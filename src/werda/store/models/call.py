"""Calls on their way to an agent, the grants that redeeming a token yields, and notes (design decision 7)."""

from enum import StrEnum

from django.db import models


class CallState(StrEnum):
    """Where a call is."""

    DIALOGUE = "dialogue"
    WAITING = "waiting"
    ANSWERED = "answered"
    OPEN = "open"
    ENDED = "ended"


class Call(models.Model):
    """A call. `ref` is the switch's own id of it, unique within the brand: keypad, agent and API speak of it.

    `level` and what belongs to it come from the last verified attempt, `attempt_id`. `line_id` and `known_line` say
    what the calling number identified; it proves nothing (D1) and is not shown without a grant (A4).
    `strong` says of a one-time code that it is a second proof; `proved_before` holds the marks of earlier proofs of the
    same person in this call (`core.step_up`). `word` is the number of the words that agent and customer both see
    (`core.call_word`), from the moment the agent opens the call. `topic` (`core.topic`) was
    chosen with the call code that proved them.
    """

    ref = models.TextField()
    brand_id = models.BigIntegerField()
    state = models.TextField(default=CallState.DIALOGUE.value)
    dialled = models.TextField(default="")
    calling_number = models.TextField(default="")
    asserted = models.BooleanField(default=False)
    trunk = models.TextField(default="")
    tries = models.SmallIntegerField(default=0)
    level = models.SmallIntegerField(default=0)
    method = models.SmallIntegerField(default=0)
    legacy = models.BooleanField(default=False)
    channel = models.SmallIntegerField(default=0)
    customer_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    line_id = models.BigIntegerField(null=True)
    attempt_id = models.BigIntegerField(default=0)
    strong = models.BooleanField(db_default=False)
    proved_before = models.SmallIntegerField(db_default=0)
    verified_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField()
    waiting_at = models.DateTimeField(null=True)
    token_expires_at = models.DateTimeField(null=True)
    answered_by = models.BigIntegerField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    word = models.SmallIntegerField(null=True)
    topic = models.TextField(db_default="")

    class Meta:
        db_table = "call"
        constraints = (models.UniqueConstraint(fields=["brand_id", "ref"], name="call_once"),)
        indexes = (
            models.Index(
                fields=["brand_id", "waiting_at"],
                name="call_live",
                condition=models.Q(state__in=["waiting", "answered"]),
            ),
        )


class CallGrant(models.Model):
    """What an agent may see and do in a call until `expires_at`. Only the hash of its secret is kept.

    Row security of the desk joins this table; without a living grant no customer row is visible. `line_id` limits it
    to one line (B7). A level 0 grant shows no customer.
    """

    secret_hash = models.BinaryField(max_length=32, unique=True)
    call = models.ForeignKey(Call, models.CASCADE)
    agent_id = models.BigIntegerField()
    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    line_id = models.BigIntegerField(null=True)
    level = models.SmallIntegerField()
    method = models.SmallIntegerField()
    channel = models.SmallIntegerField(default=0)
    legacy = models.BooleanField(default=False)
    strong = models.BooleanField(db_default=False)
    proved_before = models.SmallIntegerField(db_default=0)
    verified_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "call_grant"
        indexes = (models.Index(fields=["expires_at"], name="call_grant_by_end"),)  # which calls are being talked now


class CallNote(models.Model):
    """What an agent wrote at wrap-up."""

    call = models.ForeignKey(Call, models.CASCADE)
    customer_id = models.BigIntegerField(null=True)
    agent_id = models.BigIntegerField()
    topic = models.TextField(blank=True)
    text = models.TextField(blank=True)
    written_at = models.DateTimeField()

    class Meta:
        db_table = "call_note"
