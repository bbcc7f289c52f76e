"""Addresses of the area. The token of a mail's link stands behind the hash, which no browser sends (B9)."""

from django.urls import path

from werda.portal.orders import views

pages = [
    path("stop", views.stop, name="stop"),
    path("orders/<uuid:public_id>/stop", views.stop_own, name="stop_own"),
    path("code-and-sim/sims/<int:sim_id>/replace", views.replace, name="replace"),
    path("code-and-sim/operations", views.operations, name="operations"),
]
