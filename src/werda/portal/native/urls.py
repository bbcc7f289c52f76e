"""Addresses for the operator's app. None holds a token or anything secret (B9)."""

from django.urls import path

from werda.portal.native import document, oauth_views, options, protection
from werda.portal.native import resources as views

resources = [
    path("api/v1/call-status", views.call_status, name="call_status"),
    path("api/v1/history", views.history, name="history"),
    path("api/v1/code/reveal", views.show_code, name="show_code"),
    path("api/v1/code/change", views.change_code, name="change_code"),
    path("api/v1/sims", views.sims, name="sims"),
    path("api/v1/sims/<int:sim_id>/reveal", views.show_sim, name="show_sim"),
    path("api/v1/locks", views.locks, name="locks"),
    path("api/v1/locks/hotline", views.close_hotline, name="close_hotline"),
    path("api/v1/locks/display", views.hide, name="lock_display"),
    path("api/v1/call-codes", views.call_code, name="call_code"),
    path("api/v1/orders", protection.orders, name="orders"),
    path("api/v1/orders/<uuid:public_id>/stop", protection.stop_order, name="stop_order"),
    path("api/v1/history/attempts/<int:attempt_id>/report", protection.report_attempt, name="report_attempt"),
    path("api/v1/calls/report", protection.report_call, name="report_call"),
    path("api/v1/sessions/end-others", protection.end_others, name="end_others"),
    path("api/v1/options", options.overview, name="options"),
    path("api/v1/lines/<int:line_id>/options/<slug:slug>", options.book, name="book_option"),
    path("api/v1/bookings/<uuid:public_id>", options.booking, name="booking"),
    path("api/v1/bookings/<uuid:public_id>/cancel", options.cancel, name="cancel_booking"),
    path("api/v1/bookings/<uuid:public_id>/withdraw", options.withdraw, name="withdraw_booking"),
    path("api/v1/confirmations/<int:confirmation_id>", views.confirmation, name="confirmation"),
]
pages = [
    path(".well-known/oauth-authorization-server", oauth_views.metadata, name="metadata"),
    path("oauth/authorize", oauth_views.authorize, name="authorize"),
    path("oauth/token", oauth_views.token, name="token"),
    path("oauth/revoke", oauth_views.end, name="revoke"),
    path("api/v1/openapi.json", document.openapi, name="openapi"),
    *resources,
]
