"""Agents: every one has a login of their own, with least privilege (A10)."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Agent(AbstractUser):
    """Somebody who works at the hotline. `brands` are those whose calls they take; `language` is that of the desk."""

    brands = ArrayField(models.BigIntegerField(), default=list)
    language = models.TextField(default="de")

    class Meta:
        db_table = "agent"
