"""Choosing the customer code: a random one is offered first, an own one is checked as it is typed (B1, B2, S5).

A code comes in the body of a POST only and is sealed at once. The page that suggests one is never stored (B9).
"""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from werda.core.customer_code import CustomerCode
from werda.core.product_order import ProductOrder
from werda.core.secret import Secret
from werda.core.weak_code import NOBODY, OwnData
from werda.look.access import allow_unauthenticated_access
from werda.look.objections import OBJECTIONS
from werda.look.rings import custody, verifier
from werda.signup import steps
from werda.signup.access import Visit, check_is_within, page, to, too_many
from werda.signup.steps import CODE
from werda.signup.views import BACK, progress_of, show, turn_away
from werda.store.queries.code import code_format
from werda.usecases.check_code import check_code, read
from werda.usecases.fill_in_order import keep_code
from werda.usecases.place_product_order import own_data_of
from werda.usecases.suggest_code import suggest_code


@page
def code(visit: Visit) -> HttpResponseBase:
    """Take the suggestion, ask for another one, or choose."""
    if (away := turn_away(visit, CODE)) is not None:
        return away
    if visit.request.method != "POST":
        return _page(visit)
    so_far = progress_of(visit)
    go = visit.request.POST.get("go", "")
    if go == BACK:
        return to(so_far.before(CODE))
    if go == "another":
        return _page(visit)
    if go == "keep" and visit.draft is not None and visit.draft.has_code:
        return to(so_far.after(CODE))
    if not check_is_within(visit):
        return too_many(visit.request)
    return _choose(visit, Secret(visit.request.POST.get("suggested" if go == "suggested" else "own", "")[:32]))


def _choose(visit: Visit, offered: Secret) -> HttpResponse:
    assert visit.draft is not None, "without a draft they are turned away"
    own = _own_data(visit)
    objection = check_code(visit.connection, verifier(), visit.shop.id, offered, own, now=visit.now)
    if objection is not None:
        return _page(visit, error=OBJECTIONS[objection], status=422)
    chosen = read(offered, code_format(visit.connection, visit.shop.id, visit.now), own)
    assert isinstance(chosen, CustomerCode), "check_code has read it"
    keep_code(visit.connection, custody(), visit.draft, chosen)
    return to(steps.SUMMARY)


def _page(visit: Visit, error: Any = "", status: int = 200) -> HttpResponse:
    suggestion = suggest_code(visit.connection, verifier(), visit.shop.id, _own_data(visit), now=visit.now)
    digits = suggestion.secret.reveal()
    half = (len(digits) + 1) // 2
    context = {"groups": (digits[:half], digits[half:]), "suggestion": digits, "digits": len(digits), "error": error}
    return show(visit, CODE, context, status)


@page
def _check(visit: Visit) -> HttpResponseBase:
    if visit.draft is None or visit.draft.ordered is not None or not check_is_within(visit):
        answer = JsonResponse({"good": False, "text": _("Too many checks. Wait a minute, then go on.")}, status=429)
        answer.headers["Retry-After"] = "60"
        return answer
    offered = Secret(visit.request.POST.get("own", "")[:32])
    objection = check_code(visit.connection, verifier(), visit.shop.id, offered, _own_data(visit), now=visit.now)
    text = _("This one is good.") if objection is None else str(OBJECTIONS[objection])
    return JsonResponse({"good": objection is None, "text": text})


check = allow_unauthenticated_access(require_POST(_check))


def _own_data(visit: Visit) -> OwnData:
    """What the draft says of the customer to be."""
    assert visit.draft is not None, "without a draft they are turned away"
    order: ProductOrder | None = steps.whole_order(visit.draft, visit.catalogue, "de", timezone.localdate(visit.now))
    return own_data_of(order) if order else NOBODY
