"""Addresses of the account."""

from django.urls import path

from werda.portal.account import passkey_views, push_views, views

pages = [
    path("account", views.overview, name="overview"),
    path("account/password", views.password, name="password"),
    path("account/authenticator", views.authenticator, name="authenticator"),
    path("account/sessions", views.end_others, name="end_others"),
    path("account/sessions/<int:session_id>", views.end_one, name="end_one"),
    path("account/notifications", push_views.subscribe, name="push_on"),
    path("account/notifications/off", push_views.unsubscribe, name="push_off"),
    path("account/notifications/test", push_views.test, name="push_test"),
    path("account/passkeys", passkey_views.add, name="add_passkey"),
    path("account/passkeys/options", passkey_views.options, name="passkey_options"),
    path("account/passkeys/<int:passkey_id>", passkey_views.remove, name="remove_passkey"),
]
