"""Addresses of enrolment. The link's token stands behind the hash, which no browser sends (B9)."""

from django.urls import path

from werda.portal.enrol import views

pages = [
    path("enrol", views.begin, name="begin"),
    path("enrol/letter", views.letter, name="letter"),
    path("enrol/link", views.link, name="link"),
    path("enrol/sms", views.sms, name="sms"),
    path("enrol/password", views.password, name="password"),
]
