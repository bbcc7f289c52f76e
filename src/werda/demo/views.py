"""The demo's pages: what to try, the phone, the customers for scripts, and signing in as an agent with one button.

All of them are open, because everything here is invented; none of them exists outside `werda demo`.
"""

import json
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import login
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    JsonResponse,
    StreamingHttpResponse,
)
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.i18n import set_language

from werda.core.call import BrandFacts
from werda.core.dialogue import Prompt
from werda.core.number import normalise
from werda.core.policy import Policy
from werda.demo.calls import KEYS, Brand, Call, Exchange, TooManyCalls, is_sound
from werda.demo.mailbox import Mailbox
from werda.demo.nordfunk import AGENTS, BRAND, CARRIER, MOBILE_NETWORK, api_key_file, logins, order_system
from werda.demo.operator import Operator
from werda.demo.phone_numbers import HOTLINE
from werda.demo.portal_logins import PEOPLE, open_demo_session, portal_logins
from werda.demo.showcase import Showcase, ShownCustomer, ShownLine
from werda.demo.switch import Leg, Switch
from werda.gate.prompts import sound_file
from werda.look.access import allow_unauthenticated_access
from werda.store.models.agent import Agent
from werda.store.models.brand import Brand as StoredBrand
from werda.store.queries.board import policies_of

FIRST_CUSTOMER: Final = "300100007"
_BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"


@cache
def _showcase() -> Showcase:
    return Showcase(settings.WERDA_DATABASE, settings.WERDA_SETTINGS.keys)


@cache
def _exchange() -> Exchange:
    return Exchange(Switch(settings.WERDA_SETTINGS.host, settings.WERDA_SETTINGS.fastagi_port))


@cache
def _order_system() -> Operator:
    here = settings.WERDA_SETTINGS
    return order_system(here.home, here.keys, here.intake_address)


@allow_unauthenticated_access
@csrf_exempt
@require_POST
def operator(request: HttpRequest) -> HttpResponse:
    """Where Nordfunk's order system takes Werda's webhooks; the signature says who sends."""
    return HttpResponse(status=_order_system().receive(request.headers, request.body))


@allow_unauthenticated_access
@require_safe
@never_cache
def welcome(request: HttpRequest) -> HttpResponse:
    """What to try, in four lines."""
    here = settings.WERDA_SETTINGS
    gate = f"http://{here.host}:{here.gate_port}"
    context = {
        "logins": [(who.username, who.name, who.password.reveal(), who.totp.reveal()) for who in logins(here.keys)],
        "portal_people": [who for number in PEOPLE if (who := _showcase().one(number))],
        "portal_logins": [
            (login.number, login.password.reveal(), login.totp_for_apps) for login in portal_logins(here.keys)
        ],
        "portal": here.portal_address,
        "gate": gate,
        "key_file": _from_here(api_key_file(here.keys)),
        "fastagi": f"agi://{here.host}:{here.fastagi_port}/hotline",
        "hotline": HOTLINE,
        "customer": FIRST_CUSTOMER,
    }
    return render(request, "demo/welcome.html", context)


@allow_unauthenticated_access
@require_safe
@never_cache
def phone(request: HttpRequest) -> HttpResponse:
    """The phone of the customer named by `customer`; `q` looks for others."""
    return _phone_page(request)


@allow_unauthenticated_access
@require_POST
@never_cache
def call_code(request: HttpRequest) -> HttpResponse:
    """A call code for the customer whose phone it is, as their app would show it; in the page, or alone."""
    strong = request.POST.get("session") != "password"
    given = _showcase().call_code(request.POST.get("customer", ""), strong=strong, now=timezone.now())
    if given is None:
        raise Http404
    if "alone" in request.POST:
        return JsonResponse({"code": given.code.reveal(), "strong": given.strong})
    return _phone_page(request, call_code=given.code.reveal())


def _phone_page(request: HttpRequest, **more: Any) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    chosen = _showcase().one(
        request.POST.get("customer") or request.GET.get("customer", FIRST_CUSTOMER)
    ) or _showcase().one(FIRST_CUSTOMER)
    if chosen is None:
        raise Http404
    context = {
        "customer": chosen,
        "code": chosen.code and chosen.code.reveal(),
        "lines": [_shown(line) for line in chosen.lines],
        "words": words,
        "found": _showcase().find(words),
        "hotline": HOTLINE,
        "trunks": {"mobile": MOBILE_NETWORK, "carrier": CARRIER},
        **more,
    }
    return render(request, "demo/phone.html", context)


@allow_unauthenticated_access
@require_POST
async def dial(request: HttpRequest) -> HttpResponse:
    """Take the receiver up; `calling` empty is a suppressed number."""
    calling, trunk = request.POST.get("calling", ""), request.POST.get("trunk", "")
    number = normalise(calling) if calling else None
    if trunk not in {MOBILE_NETWORK, CARRIER} or (calling and number is None):
        return HttpResponseBadRequest()
    leg = Leg(number, HOTLINE, trunk, asserted=trunk == MOBILE_NETWORK and number is not None)
    brand = await sync_to_async(_brand)()
    try:
        call = _exchange().dial(leg, brand, AGENTS)
    except TooManyCalls:
        return HttpResponse(status=503)
    return JsonResponse({"call": call.handle})


@allow_unauthenticated_access
@require_safe
@never_cache
def token(request: HttpRequest) -> JsonResponse:
    """A form token: signing in at the desk in another tab makes the one that the phone's page came with void."""
    return JsonResponse({"token": get_token(request)})


@allow_unauthenticated_access
@require_GET
async def events(request: HttpRequest, handle: str) -> StreamingHttpResponse:
    """What happens in the call, as server-sent events; a browser that comes again gets what it missed."""
    call = _call(handle)
    last = request.headers.get("last-event-id", "")

    async def stream() -> AsyncIterator[str]:
        async for number, event in call.events(int(last) if last.isdecimal() else -1):
            yield f"id: {number}\ndata: {json.dumps(event)}\n\n"

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream(), content_type="text/event-stream", headers=headers)


@allow_unauthenticated_access
@require_POST
async def press(request: HttpRequest, handle: str) -> HttpResponse:
    """One key. It comes in the body, so that no log of addresses ever holds it (B9)."""
    key = request.POST.get("key", "")
    if key not in KEYS:
        return HttpResponseBadRequest()
    _call(handle).press(key)
    return HttpResponse(status=204)


@allow_unauthenticated_access
@require_POST
async def hang_up(request: HttpRequest, handle: str) -> HttpResponse:
    """Put the receiver down."""
    _call(handle).hang_up()
    return HttpResponse(status=204)


@allow_unauthenticated_access
@require_POST
async def choose(request: HttpRequest, handle: str) -> HttpResponse:
    """Say which agent answers."""
    _call(handle).choose(request.POST.get("agent", ""))
    return HttpResponse(status=204)


@allow_unauthenticated_access
@require_safe
@cache_control(max_age=3600)
def sound(request: HttpRequest, catalogue: str, prompt: str) -> HttpResponse:
    """A prompt as the gate's switch would play it."""
    if not is_sound(catalogue, prompt):
        raise Http404
    return HttpResponse(sound_file(Prompt(prompt), catalogue).read_bytes(), content_type="audio/wav")


@allow_unauthenticated_access
@require_safe
@never_cache
def customers(request: HttpRequest) -> JsonResponse:
    """Everybody with code and PUKs, and the gate's API key: for scripts that try the demo."""
    here = settings.WERDA_SETTINGS
    return JsonResponse(
        {
            "gate": f"http://{here.host}:{here.gate_port}",
            "api_key": api_key_file(here.keys).read_text(),
            "hotline": HOTLINE,
            "customers": [_described(customer) for customer in _showcase().all()],
        }
    )


@allow_unauthenticated_access
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo's agents, without password and second step."""
    username = request.POST.get("agent", "")
    if username not in AGENTS:
        return HttpResponseBadRequest()
    login(request, get_object_or_404(Agent, username=username), backend=_BACKEND)
    return redirect("desk:board")


@cache
def mailbox() -> Mailbox:
    """The mailbox of this process."""
    return Mailbox(settings.WERDA_SETTINGS.mailbox_port)


@allow_unauthenticated_access
@require_safe
@never_cache
def mails(request: HttpRequest) -> HttpResponse:
    """What customers got by mail."""
    return render(request, "demo/mailbox.html", {"mails": mailbox().newest()})


@allow_unauthenticated_access
@csrf_exempt
@require_POST
def sms(request: HttpRequest) -> HttpResponse:
    """Nordfunk's SMS gateway: what it takes stands in the mailbox."""
    try:
        message = json.loads(request.body)
        to, sender, text = (str(message[name]) for name in ("to", "from", "text"))
    except (ValueError, KeyError, TypeError):
        return HttpResponseBadRequest()
    mailbox().take_sms(to, sender, text, f"{timezone.localtime():%d.%m.%Y %H:%M}")
    return HttpResponse(status=202)


@allow_unauthenticated_access
@require_POST
def portal_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in to the portal as one of the demo's customers, strongly and with one button; ports share their cookies."""
    here = settings.WERDA_SETTINGS
    secret = open_demo_session(settings.WERDA_DATABASE, request.POST.get("customer", ""), now=timezone.now())
    if secret is None:
        return HttpResponseBadRequest()
    answer = HttpResponse(status=200)  # a form may not redirect to another port (form-action 'self'); a page may go on
    answer.headers["Refresh"] = f"0; url={request.scheme}://{request.get_host().partition(':')[0]}:{here.portal_port}/"
    answer.set_cookie("werda_portal", secret.reveal(), httponly=True, samesite="Lax")
    return answer


def _from_here(file: Path) -> Path:
    """As it is called from where `make demo` was: shorter to read."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def _call(handle: str) -> Call:
    call = _exchange().find(handle)
    if call is None:
        raise Http404
    return call


def _brand() -> Brand:
    stored = StoredBrand.objects.get(slug=BRAND)
    names = ("id", "slug", "name", "form", "language", "timezone", "portal")
    facts = BrandFacts(**{name: getattr(stored, name) for name in names})
    return Brand(facts, Policy.announced(policies_of(facts.id), timezone.now()))


def _described(customer: ShownCustomer) -> dict[str, Any]:
    return {
        "brand": customer.brand,
        "customer_number": customer.number,
        "name": customer.name,
        "kind": "company" if customer.company else "person",
        "payment": customer.payment,
        "code": customer.code and customer.code.reveal(),
        "puks": [sim.puk.reveal() for line in customer.lines for sim in line.sims if sim.puk and sim.counts],
        "lines": [_shown(line) for line in customer.lines],
    }


def _shown(line: ShownLine) -> dict[str, Any]:
    """A line with its PUKs in the clear."""
    return {
        "msisdn": line.msisdn,
        "kind": line.kind,
        "tariff": line.tariff,
        "shared": line.shared,
        "sims": [
            {
                "iccid": sim.iccid,
                "kind": sim.kind,
                "role": sim.role,
                "status": sim.status,
                "puk": sim.puk and sim.puk.reveal(),
                "counts": sim.counts,
            }
            for sim in line.sims
        ],
    }


language = allow_unauthenticated_access(set_language)
