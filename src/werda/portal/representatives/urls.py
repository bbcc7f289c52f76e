"""Addresses of the area. A representative is named by their number of the database."""

from django.urls import path

from werda.portal.representatives import views

pages = [
    path("representatives", views.overview, name="overview"),
    path("representatives/add", views.add, name="add"),
    path("representatives/<int:representative_id>/renew", views.renew, name="renew"),
    path("representatives/<int:representative_id>/end", views.end, name="end"),
]
