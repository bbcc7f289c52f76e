"""Addresses of calls."""

from django.urls import path

from werda.portal.calls import live, views

pages = [
    path("calls", views.status, name="status"),
    path("calls/now", views.now, name="now"),
    path("calls/live", live.live, name="live"),
    path("calls/answer/<int:confirmation_id>", views.answer, name="answer"),
    path("calls/report", views.report, name="report"),
    path("call", views.call, name="call"),
]
