"""Brands and what belongs to them as a whole: dialled numbers, policies, trunks, API keys."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Brand(models.Model):
    """A brand of the operator. `form` is how it addresses people: ``du`` or ``sie``."""

    slug = models.SlugField(unique=True)
    name = models.TextField()
    form = models.TextField(default="du")
    language = models.TextField(default="de")
    timezone = models.TextField(default="Europe/Berlin")
    portal = models.TextField(blank=True)

    class Meta:
        db_table = "brand"

    def __str__(self) -> str:
        return self.name


class DialledNumber(models.Model):
    """A hotline number, E.164; the brand of a call follows from it."""

    number = models.TextField(unique=True)
    brand = models.ForeignKey(Brand, models.CASCADE)

    class Meta:
        db_table = "dialled_number"

    def __str__(self) -> str:
        return self.number


class PolicyVersion(models.Model):
    """A policy document in force from `effective_from` until the brand's next one (S2, design decision 8)."""

    brand = models.ForeignKey(Brand, models.CASCADE)
    version = models.TextField()
    effective_from = models.DateTimeField()
    document = models.TextField()
    activated_at = models.DateTimeField()

    class Meta:
        db_table = "policy_version"
        constraints = (
            models.UniqueConstraint(fields=["brand", "version"], name="policy_version_once"),
            models.UniqueConstraint(fields=["brand", "effective_from"], name="policy_one_at_a_time"),
        )

    def __str__(self) -> str:
        return f"{self.version} from {self.effective_from:%Y-%m-%d %H:%M}"


class Trunk(models.Model):
    """A line of the switch. Only a trunk that asserts is believed about the calling number (C3)."""

    name = models.SlugField(unique=True)
    asserts = models.BooleanField(default=False)

    class Meta:
        db_table = "trunk"

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A key of an integrator or of one of our own processes; only the hash of its secret part is kept.

    `brands` limits it (empty: all brands), `scopes` says what it may do, `asserts` whether its word about the calling
    number is believed (C3).
    """

    name = models.TextField()
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.TextField())
    brands = ArrayField(models.BigIntegerField(), default=list)
    asserts = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_key"

    def __str__(self) -> str:
        return self.name
