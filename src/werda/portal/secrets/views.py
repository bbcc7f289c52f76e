"""What there is, masked, and one secret at a time in the clear, for thirty seconds (S7, S9, S11, S12)."""

from typing import Any, Final

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.safestring import mark_safe

from werda.core.secret import Secret
from werda.documents.qr_code import qr_code
from werda.look.rings import custody
from werda.portal.access import Visit, fresh_page, page
from werda.portal.orders.standing import waiting
from werda.portal.secrets import standing
from werda.portal.secrets.words import REASONS
from werda.usecases.reveal_secret import NotShown, ShownCode, ShownSim, reveal_code, reveal_sim

SECONDS: Final = 30
"""How long a secret stays on the page."""


@page
def overview(visit: Visit) -> HttpResponseBase:
    """Everything, masked."""
    return visit.render(
        "secrets/overview.html",
        {
            "code": standing.code(visit),
            "lines": standing.lines(visit.connection),
            "hotline": standing.hotline(visit),
            "shown": {"orders": waiting(visit)},
        },
    )


@fresh_page
def code(visit: Visit) -> HttpResponseBase:
    """The customer code: masked until they ask, then for thirty seconds."""
    if visit.request.method != "POST":
        return visit.render("secrets/code.html", {"code": standing.code(visit)})
    shown = reveal_code(visit.connection, custody(), visit.signed_in, visit.place, now=visit.now)
    if not isinstance(shown, ShownCode):
        return _not_shown(visit, shown)
    return _for_a_while(visit.render("secrets/code.html", {"groups": groups(shown.code), "seconds": SECONDS}))


@fresh_page
def sim(visit: Visit, sim_id: int) -> HttpResponseBase:
    """Delivery PIN and PUK of a SIM, and the activation code of an eSIM profile that waits to be downloaded."""
    found = [sim for line in standing.lines(visit.connection) for sim in line["sims"] if sim["id"] == sim_id]
    if not found:
        raise Http404
    context: dict[str, Any] = {"sim": found[0]}
    if visit.request.method != "POST":
        return visit.render("secrets/sim.html", context)
    shown = reveal_sim(visit.connection, custody(), visit.signed_in, visit.place, sim_id, now=visit.now)
    if not isinstance(shown, ShownSim):
        return _not_shown(visit, shown)
    secrets = shown.secrets
    if secrets.activation_code is not None and found[0]["status"] != "active":
        context["activation"] = secrets.activation_code.reveal()
        context["qr_code"] = mark_safe(qr_code(secrets.activation_code).reveal())  # noqa: S308 - our own drawing
    context |= {
        "pin": secrets.pin and groups(secrets.pin),
        "puk": secrets.puk and groups(secrets.puk),
        "seconds": SECONDS,
        "shown": True,
    }
    return _for_a_while(visit.render("secrets/sim.html", context))


def groups(secret: Secret) -> list[str]:
    """Digits as people read them out: two and two, or four and four."""
    digits = secret.reveal()
    size = 4 if len(digits) > 6 else 2
    return [digits[start : start + size] for start in range(0, len(digits), size)]


def _for_a_while(response: HttpResponse) -> HttpResponse:
    """Without a script, too, the secret is gone from the screen when its time is over."""
    response.headers["Refresh"] = f"{SECONDS}; url={reverse('secrets:overview')}"
    return response


def _not_shown(visit: Visit, reason: NotShown) -> HttpResponse:
    context = {"reason": REASONS[reason], "code": standing.code(visit)}
    return visit.render("secrets/not_shown.html", context, status=403 if reason is not NotShown.NOTHING else 404)
