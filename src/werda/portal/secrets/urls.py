"""Addresses of Code & SIM. None holds anything secret (B9)."""

from django.urls import path

from werda.portal.secrets import code_views, lock_views, views

pages = [
    path("code-and-sim", views.overview, name="overview"),
    path("code-and-sim/code", views.code, name="code"),
    path("code-and-sim/sims/<int:sim_id>", views.sim, name="sim"),
    path("code-and-sim/change", code_views.change, name="change"),
    path("code-and-sim/change/check", code_views.check, name="check"),
    path("code-and-sim/changed", code_views.changed, name="changed"),
    path("code-and-sim/display", lock_views.display, name="display"),
    path("code-and-sim/hotline", lock_views.hotline, name="hotline"),
    path("code-and-sim/letter", lock_views.letter, name="letter"),
]
