"""The order flow's addresses. No address holds anything that was typed (B9)."""

from django.urls import include, path
from django.views.generic import RedirectView

from werda.look.access import allow_unauthenticated_access
from werda.look.failing import failed
from werda.signup import code_views, views

_pages = [
    path("", views.tariff, name="tariff"),
    path("/you", views.you, name="you"),
    path("/number", views.number, name="number"),
    path("/sim", views.sim, name="sim"),
    path("/code", code_views.code, name="code"),
    path("/code/check", code_views.check, name="check"),
    path("/summary", views.summary, name="summary"),
    path("/done", views.done, name="done"),
    path("/start-over", views.start_over, name="start_over"),
    path("/language", views.language, name="language"),
]

handler500 = failed
urlpatterns = [
    path("order", include((_pages, "signup"))),
    path("", allow_unauthenticated_access(RedirectView.as_view(pattern_name="signup:tariff"))),
]
