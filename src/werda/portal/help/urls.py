"""The address of help."""

from django.urls import path

from werda.portal.help import views

pages = [path("help", views.help_page, name="help")]
