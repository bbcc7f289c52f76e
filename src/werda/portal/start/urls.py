"""The first page's address."""

from django.urls import path

from werda.portal.start import views

pages = [
    path("", views.home, name="home"),
    path("language", views.language, name="language"),
]
