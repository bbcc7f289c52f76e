"""What the guard against guessing sees and decides (C5, C6): counts for each minute, never a guess.

Each lane writes rows of its own, so that no gate waits for another; the sum over all lanes is exact.
"""

from django.db import models


class Traffic(models.Model):
    """How many attempts of one kind of source a lane counted in a minute, and what became of them.

    `wrong` counts wrong secrets of known customers, `unknown` attempts on numbers that nobody has. Of the wrong
    customer codes `compared` were compared with the neighbours of the right one, and `near` were one: a slip of the
    finger, seldom a guess.
    """

    pk = models.CompositePrimaryKey("brand_id", "minute", "lane_id", "trunk", "api_key_id")
    brand_id = models.BigIntegerField()
    minute = models.DateTimeField()  # its beginning
    lane_id = models.BigIntegerField()
    trunk = models.TextField(blank=True)
    api_key_id = models.BigIntegerField()
    attempts = models.IntegerField()
    wrong = models.IntegerField()
    unknown = models.IntegerField()
    compared = models.IntegerField()
    near = models.IntegerField()

    class Meta:
        db_table = "traffic"
        indexes = (models.Index(fields=["minute"], name="traffic_by_minute"),)


class WrongValues(models.Model):
    """A sketch of the wrong codes of a minute: how many fell into each of 256 buckets.

    The bucket is a keyed value of the digits that changes daily; forty codes share each, so no row tells a guess. What
    many try stands out all the same: spraying with popular codes fills few buckets (C6).
    """

    pk = models.CompositePrimaryKey("brand_id", "minute", "lane_id", "bucket")
    brand_id = models.BigIntegerField()
    minute = models.DateTimeField()
    lane_id = models.BigIntegerField()
    bucket = models.SmallIntegerField()
    count = models.IntegerField()

    class Meta:
        db_table = "wrong_values"


class Alarm(models.Model):
    """Whether a brand is under attack; no row: calm.

    While `state` is attack a customer code opens nothing without possession (C6). Set by hand it is kept until
    `held_until`, else the detector moves it.
    """

    brand_id = models.BigIntegerField(primary_key=True)
    state = models.SmallIntegerField()  # core.alarm.AlarmState: 0 calm, 1 suspicious, 2 attack
    since = models.DateTimeField()
    changed_by = models.TextField()
    held_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "alarm"
