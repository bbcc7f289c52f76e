"""Order a replacement SIM, stop what waits, lock what is dangerous. One factor stops and locks, two order."""

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from werda.core.level import Level
from werda.core.permission import NotAllowed, lockable
from werda.core.policy import Operation
from werda.core.secret import Secret
from werda.core.sim import SimKind
from werda.core.sim_life import NotPossible
from werda.portal.access import Visit, form_key, fresh_page, open_page, page
from werda.portal.orders.forms import StopForm
from werda.portal.orders.words import KINDS, OPERATIONS, REFUSED
from werda.store.queries.policies import policy_in_force
from werda.usecases.asker import asker_of_session
from werda.usecases.cancel_order import cancel_by_link, cancel_own
from werda.usecases.lock_display import proves_strongly
from werda.usecases.lock_operation import lock_operation, unlock_operation
from werda.usecases.request_sim_replacement import request_sim_replacement


@open_page
def stop(visit: Visit) -> HttpResponseBase:
    """The link of a mail: what it is of stands in the mail, and nothing happens before the button is pressed."""
    if visit.request.method != "POST":
        return visit.render("orders/stop.html", {"form": StopForm()})
    form = StopForm(visit.request.POST)
    token = Secret(form.cleaned_data["token"].strip().rpartition("#")[2]) if form.is_valid() else None
    kind = cancel_by_link(visit.connection, visit.shop.id, token, now=visit.now) if token else None
    if kind is None:
        return visit.render("orders/stop.html", {"form": StopForm(), "over": True}, 422)
    return visit.render("orders/stopped.html", {"what": KINDS[kind]})


@page
def stop_own(visit: Visit, public_id: UUID) -> HttpResponseBase:
    """Stop an order that waits, signed in."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if visit.signed_in.person_id != 0:
        raise Http404
    kind = cancel_own(visit.connection, visit.signed_in, public_id, now=visit.now)
    if kind is None:
        return visit.render("orders/too_late.html", status=404)
    return visit.render("orders/stopped.html", {"what": KINDS[kind]})


@fresh_page
def replace(visit: Visit, sim_id: int) -> HttpResponseBase:
    """Order another SIM in the place of this one; it waits, and can be stopped."""
    session = visit.signed_in
    row = visit.connection.execute(
        "select iccid, kind from sim_profile where id = %s and status not in ('replaced', 'ended')", (sim_id,)
    ).fetchone()
    policy = policy_in_force(visit.connection, session.brand_id, visit.now)
    if row is None or policy is None or session.person_id != 0:
        raise Http404
    iccid, kind = row
    context: dict[str, Any] = {
        "ends_in": iccid[-4:],
        "kind": kind,
        "hours": int(policy.order_waiting.total_seconds() // 3600),
        "strong": proves_strongly(visit.connection, session, now=visit.now),
        "key": uuid4(),
    }
    if visit.request.method != "POST":
        return visit.render("orders/replace.html", context)
    asker = asker_of_session(visit.connection, session, Operation.REPLACE_SIM, now=visit.now)
    if isinstance(asker, NotAllowed):
        return visit.render("orders/replace.html", {**context, "refused": REFUSED[asker.why]}, 403)
    wanted = SimKind.ESIM if visit.request.POST.get("kind") == "esim" else SimKind.PHYSICAL
    ordered = request_sim_replacement(
        visit.connection, asker, policy, iccid=iccid, kind=wanted, now=visit.now,
        idempotency_key=f"portal:{session.customer_id}:{form_key(visit.request.POST.get('key', ''))}",
    )  # fmt: skip
    if isinstance(ordered, NotAllowed):
        return visit.render("orders/replace.html", {**context, "refused": REFUSED[ordered.why]}, 403)
    if isinstance(ordered, NotPossible):
        no = _("This SIM cannot be replaced as it stands. Call the hotline.")
        return visit.render("orders/replace.html", {**context, "refused": no}, 409)
    return redirect("secrets:overview")


@page
def operations(visit: Visit) -> HttpResponseBase:
    """What is done for nobody while it is locked, whatever they prove (A6)."""
    session = visit.signed_in
    if session.person_id != 0:
        raise Http404
    strong = proves_strongly(visit.connection, session, now=visit.now)
    status = 200
    if visit.request.method == "POST":
        wanted = {operation.value: operation for operation in OPERATIONS if lockable(operation)}
        operation = wanted.get(visit.request.POST.get("operation", ""))
        if operation is None:
            raise Http404
        change = unlock_operation if visit.request.POST.get("go") == "unlock" else lock_operation
        done = change(
            visit.connection, customer_id=session.customer_id, operation=operation,
            level=Level.STRONG if strong else Level.VERIFIED, actor=session.actor, now=visit.now,
        )  # fmt: skip
        if not isinstance(done, NotAllowed):
            return redirect("orders:operations")
        status = 403
    locked = {name for (name,) in visit.connection.execute("select operation from customer_lock")}
    rows = [
        {"name": operation.value, "word": word, "locked": operation.value in locked}
        for operation, word in OPERATIONS.items()
    ]
    return visit.render("orders/operations.html", {"rows": rows, "strong": strong}, status)
