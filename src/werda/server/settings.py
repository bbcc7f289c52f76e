"""Settings come from environment variables, all named ``WERDA_…``; docs/settings.md lists every one of them."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from werda.core.native_app import BadClients, Client, read_clients
from werda.core.secret import Secret
from werda.mail.transport import Encryption, Relay
from werda.portal.sign_in.provider import Provider, may_be_asked
from werda.push.service import Pushing
from werda.push.subscription import HOSTS
from werda.sms.gateway import Gateway
from werda.store.postgres import EmbeddedPostgres
from werda.store.roles import Database, passwords_in
from werda.usecases.export_checkpoints import Outside


class BadSetting(ValueError):
    """An environment variable has a value that cannot be used; the message names it and says what it takes."""


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name, str(default))
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise BadSetting(f"{name} must be a port number from 1 to 65535")
    return int(value)


def _number(environment: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    try:
        value = float(environment.get(name, default))
    except ValueError:
        value = -1
    if not least <= value <= most:
        raise BadSetting(f"{name} must be a number from {least:g} to {most:g}")
    return value


def _outside(environment: Mapping[str, str]) -> Outside:
    """Where checkpoints of the record are brought."""
    file = environment.get("WERDA_AUDIT_FILE")
    host, _, port = environment.get("WERDA_SMTP", "localhost:25").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadSetting("WERDA_SMTP must name a mail server such as mail.example.org:25")
    return Outside(
        file=Path(file).absolute() if file else None,
        webhook=environment.get("WERDA_AUDIT_WEBHOOK", "") == "1",
        mail_to=environment.get("WERDA_AUDIT_MAIL_TO"),
        mail_from=environment.get("WERDA_MAIL_FROM", "werda@localhost"),
        smtp=(host, int(port)),
    )


def _relay(environment: Mapping[str, str]) -> Relay | None:
    """Where mails to customers are handed to; none are sent while no relay is named."""
    if "WERDA_SMTP" not in environment:
        return None
    host, port = _outside(environment).smtp
    encryption = environment.get("WERDA_SMTP_TLS", Encryption.NONE)
    if encryption not in set(Encryption):
        raise BadSetting("WERDA_SMTP_TLS must be none, starttls or tls")
    sender = environment.get("WERDA_MAIL_FROM", "werda@localhost")
    if sender.count("@") != 1:
        raise BadSetting("WERDA_MAIL_FROM must be an e-mail address such as service@example.org")
    return Relay(host, port, sender, Encryption(encryption), _smtp_login(environment))


def _sms(environment: Mapping[str, str]) -> Gateway | None:
    """Where SMS are handed to; none are sent while no gateway is named."""
    url = environment.get("WERDA_SMS_URL")
    if not url:
        return None
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise BadSetting("WERDA_SMS_URL must begin with https://: an SMS holds a code")
    file = environment.get("WERDA_SMS_TOKEN_FILE")
    try:
        token = Secret(Path(file).read_text().strip()) if file else None
    except OSError as problem:
        raise BadSetting(f"WERDA_SMS_TOKEN_FILE cannot be read: {problem.strerror}") from None
    return Gateway(url, environment.get("WERDA_SMS_FROM", "Werda"), token)


def _pushing(environment: Mapping[str, str]) -> Pushing | None:
    """In whose name pushes are sent; none are while nobody is named, for they go over the internet."""
    contact = environment.get("WERDA_PUSH_CONTACT")
    if not contact:
        return None
    if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://\S+", contact):
        raise BadSetting("WERDA_PUSH_CONTACT must be mailto:NAME@HOST or https://…: whom a push service writes to")
    hosts = tuple(host.strip() for host in environment.get("WERDA_PUSH_HOSTS", "").split(",") if host.strip())
    return Pushing(contact, hosts or HOSTS)


def _provider(environment: Mapping[str, str]) -> Provider | None:
    """Where customers have an account already; nobody signs in by one while none is named."""
    issuer = environment.get("WERDA_OIDC_ISSUER")
    if not issuer:
        return None
    if not may_be_asked(issuer):
        raise BadSetting("WERDA_OIDC_ISSUER must begin with https://: whoever reads along could sign in as anybody")
    needed = {name: environment.get(name, "") for name in ("WERDA_OIDC_CLIENT_ID", "WERDA_OIDC_BRAND")}
    if missing := [name for name, value in needed.items() if not value]:
        raise BadSetting(f"{missing[0]} must be set, as WERDA_OIDC_ISSUER is")
    try:
        secret = Secret(Path(environment.get("WERDA_OIDC_SECRET_FILE", "")).read_text().strip())
    except OSError as problem:
        raise BadSetting(f"WERDA_OIDC_SECRET_FILE cannot be read: {problem.strerror}") from None
    return Provider(
        issuer=issuer,
        client_id=needed["WERDA_OIDC_CLIENT_ID"],
        client_secret=secret,
        brand=needed["WERDA_OIDC_BRAND"],
        claim=environment.get("WERDA_OIDC_CLAIM", "customer_number"),
    )


def _smtp_login(environment: Mapping[str, str]) -> tuple[str, Secret] | None:
    file = environment.get("WERDA_SMTP_LOGIN_FILE")
    if file is None:
        return None
    try:
        user, _, password = Path(file).read_text().strip().partition(":")
    except OSError as problem:
        raise BadSetting(f"WERDA_SMTP_LOGIN_FILE cannot be read: {problem.strerror}") from None
    if not user or not password:
        raise BadSetting("WERDA_SMTP_LOGIN_FILE must hold USER:PASSWORD on one line")
    return user, Secret(password)


def _app_clients(environment: Mapping[str, str]) -> Mapping[str, Client]:
    """The operator's own apps; without a file there is none, and nobody can be signed in to one."""
    file = environment.get("WERDA_APP_CLIENTS_FILE")
    try:
        return read_clients(Path(file).read_text()) if file else {}
    except OSError as problem:
        raise BadSetting(f"WERDA_APP_CLIENTS_FILE cannot be read: {problem.strerror}") from None
    except (BadClients, UnicodeDecodeError) as problem:
        raise BadSetting(f"WERDA_APP_CLIENTS_FILE: {problem}") from None


@dataclass(frozen=True)
class Settings:
    """How this installation runs. `keys` is the folder of the key rings; all listeners bind to `host`; pages reach the
    gate on `gate_socket`."""

    home: Path
    keys: Path
    host: str
    pages_port: int
    signup_port: int
    portal_port: int
    gate_port: int
    fastagi_port: int
    intake_port: int
    database_url: Secret | None
    log_level: str
    https: bool
    gate_socket: Path
    outbox_tries: int
    outbox_delay: float
    outside: Outside
    relay: Relay | None
    sms: Gateway | None
    pushing: Pushing | None
    provider: Provider | None
    mailbox_port: int
    portal_url: str | None
    app_clients: Mapping[str, Client]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read and check all settings; raises `BadSetting`."""
        level = environment.get("WERDA_LOG_LEVEL", "INFO").upper()
        if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise BadSetting("WERDA_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
        url = environment.get("WERDA_DATABASE_URL")
        home = Path(environment.get("WERDA_HOME", "var/werda")).absolute()
        return cls(
            home=home,
            keys=Path(environment.get("WERDA_KEYS", str(home / "keys"))).absolute(),
            host=environment.get("WERDA_HOST", "127.0.0.1"),
            pages_port=_port(environment, "WERDA_PAGES_PORT", 8000),
            signup_port=_port(environment, "WERDA_SIGNUP_PORT", 8002),
            portal_port=_port(environment, "WERDA_PORTAL_PORT", 8004),
            gate_port=_port(environment, "WERDA_GATE_PORT", 8001),
            fastagi_port=_port(environment, "WERDA_FASTAGI_PORT", 4573),
            intake_port=_port(environment, "WERDA_INTAKE_PORT", 8003),
            database_url=Secret(url) if url else None,
            log_level=level,
            https=environment.get("WERDA_HTTPS", "") == "1",
            gate_socket=Path(environment.get("WERDA_GATE_SOCKET", str(home / "gate.sock"))).absolute(),
            outbox_tries=int(_number(environment, "WERDA_OUTBOX_TRIES", 20, 1, 100)),
            outbox_delay=_number(environment, "WERDA_OUTBOX_DELAY", 2, 0.01, 3600),
            outside=_outside(environment),
            relay=_relay(environment),
            sms=_sms(environment),
            pushing=_pushing(environment),
            provider=_provider(environment),
            mailbox_port=_port(environment, "WERDA_MAILBOX_PORT", 8025),
            portal_url=environment.get("WERDA_PORTAL_URL") or None,
            app_clients=_app_clients(environment),
        )

    @property
    def pages_address(self) -> str:
        """The pages as processes on this machine reach them."""
        return f"http://{self._near}:{self.pages_port}"

    @property
    def signup_address(self) -> str:
        """Sign-up as processes and browsers on this machine reach it."""
        return f"http://{self._near}:{self.signup_port}"

    @property
    def portal_address(self) -> str:
        """The portal as processes and browsers on this machine reach it."""
        return f"http://{self._near}:{self.portal_port}"

    @property
    def intake_address(self) -> str:
        """The intake as processes on this machine reach it."""
        return f"http://{self._near}:{self.intake_port}"

    @property
    def _near(self) -> str:
        return "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound

    @property
    def postgres(self) -> EmbeddedPostgres | None:
        """The embedded server, or None when `WERDA_DATABASE_URL` names another."""
        return None if self.database_url else EmbeddedPostgres(self.home / "postgres")

    @property
    def database(self) -> Database:
        """The database and how each role gets in."""
        passwords = passwords_in(self.home / "database.json")
        if self.database_url:
            return Database.at(self.database_url, passwords)
        return Database.embedded(self.home / "postgres" / "run", passwords)
