"""Addresses for signing in and out."""

from django.urls import path

from werda.portal.sign_in import views

pages = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in/code", views.second_step, name="second_step"),
    path("sign-in/again", views.again, name="again"),
    path("sign-out", views.sign_out, name="sign_out"),
]
