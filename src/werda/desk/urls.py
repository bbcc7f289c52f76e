"""The desk's addresses. Signing in has names of its own, which allauth looks for; all others are `desk:…`."""

from django.urls import include, path
from django.views.i18n import set_language

from werda.desk import calling_out, signin, views
from werda.desk.live import live
from werda.look.access import allow_unauthenticated_access

_pages = [
    path("", views.board, name="board"),
    path("calls", views.calls, name="calls"),
    path("live", live, name="live"),
    path("language", allow_unauthenticated_access(set_language), name="language"),
    path("calling-out", calling_out.calling_out, name="calling_out"),
    path("calling-out/over", calling_out.called, name="called"),
    path("calls/<int:call_id>/open", views.open_call, name="open"),
    path("calls/<int:call_id>/", views.call, name="call"),
    path("calls/<int:call_id>/ask", views.ask, name="ask"),
    path("calls/<int:call_id>/alive", views.alive, name="alive"),
    path("calls/<int:call_id>/verify", views.verify, name="verify"),
    path("calls/<int:call_id>/verify-legacy", views.verify_legacy, name="verify_legacy"),
    path("calls/<int:call_id>/unlock", views.unlock, name="unlock"),
    path("calls/<int:call_id>/incident", views.report, name="report"),
    path("calls/<int:call_id>/wrap-up", views.wrap_up_call, name="wrap_up"),
]

urlpatterns = [
    path("desk/sign-in/", include(signin.urlpatterns)),
    path("desk/", include((_pages, "desk"))),
]
