"""Agents: every one has a login of their own, with least privilege (A10)."""

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Agent(AbstractUser):
    """Somebody who works at the hotline. `brands` are those whose calls they take; `language` is that of the desk."""

    brands = ArrayField(models.BigIntegerField(), default=list)
    language = models.TextField(default="de")

    class Meta:
        db_table = "agent"

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is theirs. Django would keep it hashed anew now and then; the desk writes no password at all."""
        return raw_password is not None and check_password(raw_password, self.password)
