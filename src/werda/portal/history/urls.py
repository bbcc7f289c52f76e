"""Addresses of the history."""

from django.urls import path

from werda.portal.history import views

pages = [
    path("history", views.overview, name="overview"),
    path("history/not-me", views.not_me, name="not_me"),
    path("history/sign-out-others", views.sign_out_others, name="sign_out_others"),
    path("history/reports", views.my_reports, name="reports"),
    path("history/notices", views.my_notices, name="notices"),
]
