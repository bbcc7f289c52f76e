"""`werda demo`: the hotline of the fictional operator Nordfunk on this machine, with a phone in the browser."""

import os
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

import click

from werda.cli.failing import clear_failures
from werda.cli.ports import check_port, check_ports
from werda.demo.phone_numbers import HOTLINE
from werda.server.serve import serve
from werda.server.settings import Settings
from werda.server.wiring import Installation


@click.command("demo")
@clear_failures
def command() -> None:
    """Run Nordfunk's hotline with 1 000 invented customers until Ctrl-C.

    Data stays in var/demo (WERDA_HOME); the next start has what this one had. Ports: WERDA_PAGES_PORT,
    WERDA_SIGNUP_PORT, WERDA_PORTAL_PORT, WERDA_GATE_PORT, WERDA_FASTAGI_PORT, WERDA_INTAKE_PORT, WERDA_MAILBOX_PORT.
    Nothing leaves this machine.
    """
    os.environ.setdefault("WERDA_HOME", "var/demo")
    os.environ.setdefault("WERDA_LOG_LEVEL", "WARNING")
    settings = Settings.from_environment()
    os.environ.setdefault("WERDA_SMTP", f"127.0.0.1:{settings.mailbox_port}")
    os.environ.setdefault("WERDA_MAIL_FROM", "service@nordfunk.example.org")
    os.environ.setdefault("WERDA_SMS_URL", f"http://127.0.0.1:{settings.pages_port}/demo/sms")
    os.environ.setdefault("WERDA_SMS_FROM", "Nordfunk")
    os.environ.setdefault("WERDA_PORTAL_URL", settings.portal_address)
    check_ports(settings)
    check_port("WERDA_MAILBOX_PORT", settings.host, settings.mailbox_port)
    serve(settings, demo=True, prepare=_prepare)


def _prepare(it: Installation) -> None:
    from werda.demo.nordfunk import Founding, api_key_file  # needs Django to be set up

    Founding(
        database=it.database,
        folder=it.settings.home,
        keys=it.settings.keys,
        verifier=it.verifier(),
        custody=it.custody(),
        now=datetime.now(UTC),
        tell=lambda step: click.echo(f"  {step} …", err=True),
        webhook=f"{it.settings.pages_address}/demo/operator",
    ).found()
    key = api_key_file(it.settings.keys).read_text()
    threading.Thread(target=_say_where, args=(it.settings, key), daemon=True).start()


def _say_where(settings: Settings, api_key: str) -> None:
    """Once pages and gate answer, say where to look. The demo's API key opens nothing but the demo."""
    ports = (settings.pages_port, settings.signup_port, settings.portal_port, settings.gate_port, settings.intake_port)
    pages, signup, portal, gate, intake = (f"http://{settings.host}:{port}" for port in ports)
    for address in (f"{gate}/healthz", f"{intake}/healthz", f"{pages}/", f"{signup}/order", f"{portal}/sign-in"):
        while not _answers(address):
            time.sleep(0.1)
    click.echo(
        f"""
  Nordfunk's hotline is open. Everything is invented and stays on this machine.

  Start here       {pages}/
  Call             {pages}/phone
  Answer           {pages}/desk/
  Order            {signup}/order
  Portal           {portal}/
  Mailbox          {pages}/demo/mailbox
  API              {gate}/openapi.json
  Operator's API   {intake}/openapi.json
  Asterisk         agi://{settings.host}:{settings.fastagi_port}/hotline   for {HOTLINE}
  API key          {api_key}

  Ctrl-C stops it; the data stays in {settings.home}."""
    )


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy does not know our ports
    try:
        with direct.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
