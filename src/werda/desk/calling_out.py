"""An agent calls a customer (D5): the customer's portal says that it is us; no field for a secret is on this page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from werda.desk.access import agent_of, for_agents
from werda.desk.forms import CallingOutForm
from werda.look.shown_number import shown_number
from werda.store.queries.board import brand_names
from werda.usecases.announce_call import announce_call, announced_by, end_announced

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@for_agents
def calling_out(request: HttpRequest) -> HttpResponseBase:
    """What is announced now, and a form for the next call. Announcing puts the next in place of the last."""
    brands = brand_names(agent_of(request).brands)
    if request.method != "POST":
        return _page(request, CallingOutForm(brands), brands)
    form = CallingOutForm(brands, request.POST)
    if not form.is_valid():
        return _page(request, form, brands, UNPROCESSABLE)
    brand_id = int(form.cleaned_data["brand"])
    announce_call(form.cleaned_data["number"], agent_id=agent_of(request).pk, brand_id=brand_id)
    return redirect("desk:calling_out")


@require_POST
@for_agents
def called(request: HttpRequest) -> HttpResponseBase:
    """The call is over, or nobody picked up."""
    end_announced(agent_of(request).pk)
    return redirect("desk:calling_out")


def _page(request: HttpRequest, form: CallingOutForm, brands: list[tuple[int, str]], status: int = 200) -> HttpResponse:
    announced = announced_by(agent_of(request).pk)
    context: dict[str, Any] = {"form": form, "announced": announced}
    if announced is not None:
        context |= {"brand": dict(brands).get(announced.brand_id, ""), "shown": shown_number(announced.called)}
    return render(request, "desk/calling_out.html", context, status=status)
