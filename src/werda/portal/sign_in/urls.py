"""Addresses for signing in and out."""

from django.urls import path

from werda.portal.sign_in import passkey_views, views

pages = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in/code", views.second_step, name="second_step"),
    path("sign-in/again", views.again, name="again"),
    path("sign-in/passkey", passkey_views.passkey, name="passkey"),
    path("sign-in/passkey/options", passkey_views.options, name="passkey_options"),
    path("sign-out", views.sign_out, name="sign_out"),
]
