"""See who may speak for one, add somebody, give them another code, end it. The account holder's alone."""

from datetime import datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from werda.core.representative import Representative, RepresentativeKind, scope_of
from werda.look.rings import custody, verifier
from werda.portal.access import Visit, fresh_page, page
from werda.portal.representatives.forms import RepresentativeForm
from werda.portal.representatives.words import KINDS, NOT_ADDED, SCOPES
from werda.portal.secrets.views import groups
from werda.store.queries.representatives import representatives
from werda.usecases.keep_representatives import Added, add_representative, end_representative, renew_representative


@page
def overview(visit: Visit) -> HttpResponseBase:
    """Everybody who may speak, and who could."""
    _account_holder_only(visit)
    shown = [_shown(each) | {"counts": each.counts(visit.now)} for each in representatives(visit.connection)]
    return visit.render("representatives/overview.html", {"representatives": shown})


@fresh_page
def add(visit: Visit) -> HttpResponseBase:
    """Their number and code are shown this once."""
    _account_holder_only(visit)
    zone = ZoneInfo(visit.shop.timezone)
    with timezone.override(zone):
        if visit.request.method != "POST":
            return visit.render("representatives/add.html", {"form": RepresentativeForm(initial={"key": uuid4()})})
        form = RepresentativeForm(visit.request.POST)
        if not form.is_valid():
            return visit.render("representatives/add.html", {"form": form}, 422)
    told = form.cleaned_data
    added = add_representative(
        visit.connection, verifier(), custody(), visit.signed_in, name=told["name"],
        kind=RepresentativeKind(told["kind"]), scope=scope_of(told["scope"]),
        expires_at=datetime.combine(told["until"] + timedelta(days=1), time(), zone),
        idempotency_key=str(told["key"]), now=visit.now,
    )  # fmt: skip
    if not isinstance(added, Added):
        form.add_error(None, str(NOT_ADDED[added]))
        return visit.render("representatives/add.html", {"form": form}, 409)
    return visit.render(
        "representatives/code.html", {"name": told["name"], "number": added.number, "groups": groups(added.code)}
    )


@fresh_page
def renew(visit: Visit, representative_id: int) -> HttpResponseBase:
    """Another code for somebody who lost theirs, or told it to somebody."""
    each = _found(visit, representative_id)
    if visit.request.method != "POST":
        return visit.render("representatives/renew.html", {"representative": _shown(each)})
    code = renew_representative(
        visit.connection, verifier(), custody(), visit.signed_in, representative_id, now=visit.now
    )
    if code is None:
        raise Http404
    return visit.render("representatives/code.html", {"name": each.name, "number": each.number, "groups": groups(code)})


@page
def end(visit: Visit, representative_id: int) -> HttpResponseBase:
    """From now on they may no more. One factor ends it (E5)."""
    _found(visit, representative_id)
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    end_representative(visit.connection, visit.signed_in, representative_id, now=visit.now)
    return redirect("representatives:overview")


def _account_holder_only(visit: Visit) -> None:
    if visit.signed_in.person_id != 0:
        raise Http404


def _found(visit: Visit, representative_id: int) -> Representative:
    """One who still may."""
    _account_holder_only(visit)
    for each in representatives(visit.connection):
        if each.id == representative_id and each.counts(visit.now):
            return each
    raise Http404


def _shown(each: Representative) -> dict[str, object]:
    return {
        "id": each.id,
        "number": each.number,
        "name": each.name,
        "kind": KINDS[each.kind],
        "scope": [SCOPES[operation] for operation in SCOPES if operation in each.scope],
        "until": each.expires_at - timedelta(seconds=1),
        "ended_at": each.ended_at,
    }
