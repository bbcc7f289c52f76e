"""Who may sign in to portal and app, with what, and who is signed in (S7, S8, A3).

Of every secret only a hash or a ciphertext lies here. The portal's role sees the rows of its session's customer alone
(sql/66_portal.sql).
"""

from django.db import models


class CustomerLogin(models.Model):
    """How a person signs in: `name` (their e-mail at enrolment, folded) or the customer number, with `password`.

    `person_id` 0 is the account holder. `password` is empty for who signs in without one. `totp` is the key of their
    authenticator app, sealed (`Kind.LOGIN_TOTP`, bound to this row's id) and theirs since `totp_since`; codes up to the
    time step `totp_step` are used. `hides_secrets`: "Anzeige sperren", so that no session shows code, PIN or PUK.
    """

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    person_id = models.BigIntegerField(default=0)
    name = models.TextField(blank=True)
    password = models.TextField(blank=True)
    password_since = models.DateTimeField(null=True)
    totp = models.BinaryField(null=True)
    totp_key_id = models.BigIntegerField(null=True)
    totp_since = models.DateTimeField(null=True)
    totp_step = models.BigIntegerField(default=0)
    hides_secrets = models.BooleanField(default=False)
    enrolled_at = models.DateTimeField()

    class Meta:
        db_table = "customer_login"
        constraints = (
            models.UniqueConstraint(fields=["customer_id", "person_id"], name="customer_login_once"),
            models.UniqueConstraint(
                fields=["brand_id", "name"], condition=~models.Q(name=""), name="customer_login_name_once"
            ),
        )


class Passkey(models.Model):
    """A passkey (WebAuthn) of a login. `public` is what the authenticator told of itself, its public key in it."""

    login_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    credential_id = models.BinaryField(unique=True)
    public = models.BinaryField()
    uses = models.BigIntegerField(default=0)  # the authenticator's own count; one that falls is a copy
    name = models.TextField()
    enrolled_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "passkey"
        indexes = (models.Index(fields=["login_id"], name="passkey_of_login"),)


class PortalSession(models.Model):
    """Somebody who is signed in. Whoever has the secret, of which only the hash lies here, is this session.

    `method` is a `core.portal.SignedInBy`, `place` a `core.portal.Place`. `strong_since` says since when what they
    signed in with is theirs, when it was a passkey, or a password with TOTP (A3). `fresh_at`: they proved who they are
    then, not only that they have the session. Where `client` names an app, it is known by its access token and not by
    `secret_hash`, which is that of the constant part of its refresh tokens; `refresh_hash` is that of the newest.
    """

    secret_hash = models.BinaryField(max_length=32, unique=True)
    login_id = models.BigIntegerField()
    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    person_id = models.BigIntegerField(default=0)
    method = models.TextField()
    place = models.TextField()
    strong_since = models.DateTimeField(null=True)
    device = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    fresh_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    client = models.TextField(default="", db_default="")
    scopes = models.TextField(default="", db_default="")
    code_hash = models.BinaryField(max_length=32, null=True)
    access_hash = models.BinaryField(max_length=32, null=True, unique=True)
    access_expires_at = models.DateTimeField(null=True)
    refresh_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        db_table = "portal_session"
        indexes = (
            models.Index(fields=["login_id"], name="portal_session_of_login"),
            models.Index(fields=["expires_at"], name="portal_session_expiry"),
            models.Index(
                fields=["code_hash"], condition=models.Q(code_hash__isnull=False), name="portal_session_of_code"
            ),
        )


class SignInStep(models.Model):
    """Half-way through signing in: a password that was right, a challenge that waits for its passkey, and the like.

    Whoever has the secret of which the hash lies here may go on, until `expires_at`, once. `login_id` is null while
    nobody is known; `state` holds nothing secret.
    """

    secret_hash = models.BinaryField(max_length=32, unique=True)
    brand_id = models.BigIntegerField()
    login_id = models.BigIntegerField(null=True)
    what = models.TextField()
    state = models.JSONField(default=dict)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "sign_in_step"
        indexes = (models.Index(fields=["expires_at"], name="sign_in_step_expiry"),)
