"""Addresses for signing in and out."""

from django.urls import path

from werda.portal.sign_in import operator_views, passkey_views, views

pages = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in/code", views.second_step, name="second_step"),
    path("sign-in/again", views.again, name="again"),
    path("sign-in/passkey", passkey_views.passkey, name="passkey"),
    path("sign-in/passkey/options", passkey_views.options, name="passkey_options"),
    path("sign-in/operator", operator_views.operator, name="operator"),
    path("sign-in/operator/back", operator_views.operator_back, name="operator_back"),
    path("sign-in/operator/refused", operator_views.operator_refused, name="operator_refused"),
    path("sign-in/operator/away", operator_views.operator_away, name="operator_away"),
    path("sign-out", views.sign_out, name="sign_out"),
]
