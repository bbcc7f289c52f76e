"""The steps of an order but for the code's. What is typed is kept, right or not; only going on needs it right."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from werda.core.product_order import NumberWish, PartyKind, ProductOrder
from werda.core.sim import SimKind
from werda.core.tariff import Tariff
from werda.look.access import allow_unauthenticated_access
from werda.look.objections import OBJECTIONS
from werda.look.rings import custody, verifier
from werda.look.shown_number import shown_number
from werda.signup import steps
from werda.signup.access import COOKIE, Visit, page, to
from werda.signup.forms import NumberForm, PartyForm, StepForm
from werda.signup.steps import NUMBER, SIM, SUMMARY, TARIFF, YOU, Progress
from werda.signup.words import STEPS
from werda.usecases.fill_in_order import (
    Draft,
    code_of,
    discard_draft,
    finish_draft,
    forget_code,
    keep_step,
)
from werda.usecases.order_from_operator import Ordered
from werda.usecases.place_product_order import CodeRefused, place_product_order
from werda.usecases.read_order import Typed, read_number, read_party, read_sims

BACK: Final = "back"
_SIMS: Final = ("physical", "esim", "physical,esim", "physical,physical")


def show(visit: Visit, step: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """A step's page, with the way so far beside it."""
    so_far = progress_of(visit)
    numbered = [
        {"name": name, "title": STEPS[name], "now": name == step, "reached": so_far.may(name)} for name in so_far.steps
    ]
    here = so_far.steps.index(step)
    return render(
        visit.request,
        f"signup/{step}.html",
        {
            "shop": visit.shop,
            "draft": visit.draft,
            "tariff": so_far.tariff,
            "currency": visit.catalogue.currency,
            "steps": numbered,
            "place": here + 1,
            "title": STEPS[step],
            "back": so_far.before(step) if here else None,
            **context,
        },
        status=status,
    )


def progress_of(visit: Visit) -> Progress:
    """Where the visitor's draft stands now."""
    return steps.progress(visit.draft, visit.catalogue, timezone.localdate(visit.now))


def turn_away(visit: Visit, step: str) -> HttpResponse | None:
    """Who is not that far yet, or has ordered already, is sent where they are."""
    if visit.draft is not None and visit.draft.ordered is not None:
        return to("done")
    so_far = progress_of(visit)
    return None if so_far.may(step) else to(so_far.open)


def _kept(visit: Visit, step: str, typed: Typed) -> Draft:
    """Keep what was typed and look at the draft again."""
    draft = visit.begin()
    keep_step(visit.connection, draft, step, typed)
    visit.draft = Draft(draft.id, draft.brand_id, {**draft.data, step: typed}, draft.has_code, draft.ordered)
    return visit.draft


def _typed(request: HttpRequest, form: type[StepForm]) -> Typed:
    return {name: request.POST.get(name, "")[:200].replace("\0", "") for name in form.base_fields}


@page
def tariff(visit: Visit) -> HttpResponseBase:
    """Choose a tariff; begins the draft."""
    if visit.request.method == "POST":
        chosen = visit.catalogue.find(visit.request.POST.get("tariff", ""))
        if chosen is None:
            error = _("Please choose a tariff.")
            return show(visit, TARIFF, {"tariffs": visit.catalogue.tariffs, "error": error}, 422)
        _kept(visit, TARIFF, {"tariff": chosen.slug})
        return to(YOU)
    resumes = visit.draft is not None and visit.draft.ordered is None
    return show(
        visit,
        TARIFF,
        {"tariffs": visit.catalogue.tariffs, "resumes": resumes, "open": progress_of(visit).open},
    )


@page
def you(visit: Visit) -> HttpResponseBase:
    """Person or company, address, e-mail, bank account."""

    def faults(typed: Typed, chosen: Tariff) -> object:
        return read_party(typed, chosen.payment, timezone.localdate(visit.now))

    return _form_step(visit, YOU, PartyForm, {"kind": "person"}, faults)


@page
def number(visit: Visit) -> HttpResponseBase:
    """A new number or the present one."""
    return _form_step(visit, NUMBER, NumberForm, {"wish": "new"}, lambda typed, chosen: read_number(typed, chosen.line))


def _form_step(visit: Visit, step: str, form: type[StepForm], begin: Typed, read: Any) -> HttpResponseBase:
    if (away := turn_away(visit, step)) is not None:
        return away
    chosen = progress_of(visit).tariff
    assert visit.draft is not None, "without a draft they are turned away"
    assert chosen is not None, "without a tariff, too"
    if visit.request.method != "POST":
        return show(visit, step, {"form": form(initial={**begin, **visit.draft.step(step)})})
    typed = _typed(visit.request, form)
    _kept(visit, step, typed)
    if visit.request.POST.get("go") == BACK:
        return to(progress_of(visit).before(step))
    found = read(typed, chosen)
    if isinstance(found, list):
        filled = form(typed)
        filled.point_out(found)
        return show(visit, step, {"form": filled}, 422)
    return to(progress_of(visit).after(step))


@page
def sim(visit: Visit) -> HttpResponseBase:
    """Card, eSIM, or both (S12)."""
    if (away := turn_away(visit, SIM)) is not None:
        return away
    assert visit.draft is not None, "without a draft they are turned away"
    chosen = progress_of(visit).tariff
    assert chosen is not None, "without a tariff, too"
    context: dict[str, Any] = {"chosen": visit.draft.step(SIM).get("sims", "physical")}
    if visit.request.method == "POST":
        sims = visit.request.POST.get("sims", "")
        context["chosen"] = sims
        if isinstance(read_sims({"sims": sims}, chosen.line), list) and visit.request.POST.get("go") != BACK:
            return show(visit, SIM, {**context, "error": _("Please choose one of the options.")}, 422)
        if sims in _SIMS:
            _kept(visit, SIM, {"sims": sims})
        so_far = progress_of(visit)
        return to(so_far.before(SIM) if visit.request.POST.get("go") == BACK else so_far.after(SIM))
    return show(visit, SIM, context)


@page
def summary(visit: Visit) -> HttpResponseBase:
    """Everything once more, the code masked; ordering it twice orders it once."""
    if (away := turn_away(visit, SUMMARY)) is not None:
        return away
    draft = visit.draft
    assert draft is not None, "without a draft they are turned away"
    language: str = visit.request.language  # type: ignore[attr-defined]  # set by the middleware
    order = steps.whole_order(draft, visit.catalogue, language, timezone.localdate(visit.now))
    assert order is not None, "every step is whole"
    if visit.request.method != "POST":
        return show(visit, SUMMARY, _shown(order))
    code = code_of(visit.connection, custody(), draft)
    placed = place_product_order(
        visit.connection,
        verifier(),
        custody(),
        visit.shop.id,
        order,
        code,
        key=f"draft:{draft.id}",
        now=visit.now,
    )
    if isinstance(placed, CodeRefused):
        forget_code(visit.connection, draft)
        visit.draft = Draft(draft.id, draft.brand_id, draft.data, has_code=False, ordered=None)
        refused = _("The chosen code does not fit any more: %(reason)s Please choose another one.")
        return show(visit, "code_gone", {"error": refused % {"reason": OBJECTIONS[placed.reason]}}, 409)
    assert isinstance(placed, Ordered)
    finish_draft(visit.connection, draft, placed.public_id)
    return to("done")


def _shown(order: ProductOrder) -> dict[str, Any]:
    """The order as the summary shows it."""
    return {
        "order": order,
        "company": order.party.kind is PartyKind.COMPANY,
        "ported": shown_number(order.number.msisdn) if order.number.wish is NumberWish.PORT else "",
        "cards": sum(kind is SimKind.PHYSICAL for kind in order.sims),
        "esims": sum(kind is SimKind.ESIM for kind in order.sims),
        "iban": f"{order.party.iban[:4]} … {order.party.iban[-4:]}" if order.party.iban else "",
    }


@page
def done(visit: Visit) -> HttpResponseBase:
    """The order's number and what happens next; never the code."""
    if visit.draft is None or visit.draft.ordered is None:
        return to(TARIFF)
    number = str(visit.draft.ordered).upper()
    return render(
        visit.request,
        "signup/done.html",
        {"shop": visit.shop, "short": number[:8], "number": number},
    )


@page
def _start_over(visit: Visit) -> HttpResponseBase:
    if visit.draft is not None:
        discard_draft(visit.connection, visit.draft)
    answer = to(TARIFF)
    answer.delete_cookie(COOKIE, samesite="Lax")
    return answer


start_over = allow_unauthenticated_access(require_POST(_start_over))
language = allow_unauthenticated_access(require_POST(set_language))


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without our mark on it: most often a page that was open for too long, or cookies switched off."""
    return render(request, "signup/stale.html", {"shop": getattr(request, "shop", None)}, status=403)
