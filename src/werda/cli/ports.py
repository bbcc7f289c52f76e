"""A port that is taken is said at once, by the name of the setting that changes it."""

import socket

from werda.cli.failing import Unusable
from werda.server.settings import Settings


def check_ports(settings: Settings) -> None:
    """Fail clearly when one of the listeners cannot be; most often another Werda runs already."""
    for name, port in (
        ("WERDA_PAGES_PORT", settings.pages_port),
        ("WERDA_SIGNUP_PORT", settings.signup_port),
        ("WERDA_PORTAL_PORT", settings.portal_port),
        ("WERDA_GATE_PORT", settings.gate_port),
        ("WERDA_FASTAGI_PORT", settings.fastagi_port),
        ("WERDA_INTAKE_PORT", settings.intake_port),
    ):
        check_port(name, settings.host, port)


def check_port(name: str, host: str, port: int) -> None:
    """Fail clearly when nobody can listen there."""
    try:
        socket.create_server((host, port)).close()
    except OSError as problem:
        raise Unusable(f"port {port} cannot be used ({problem.strerror}); set {name} to another") from None
