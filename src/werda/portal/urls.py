"""The portal's addresses, area by area. No address holds anything that is secret or was typed (B9)."""

from importlib import import_module

from django.urls import include, path

from werda.look.failing import failed
from werda.portal.areas import AREAS

handler500 = failed
urlpatterns = [path("", include((import_module(f"werda.portal.{area}.urls").pages, area))) for area in AREAS]
