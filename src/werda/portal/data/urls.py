"""Addresses of one's own data."""

from django.urls import path

from werda.portal.data import views

pages = [path("my-data", views.overview, name="overview")]
