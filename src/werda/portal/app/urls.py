"""Addresses of the app: those that browsers look for stand at the top, so that the service worker may serve it all."""

from django.urls import path

from werda.portal.app import files, views

pages = [
    path("app", views.install, name="install"),
    path("offline", views.offline, name="offline"),
    path("manifest.webmanifest", files.manifest, name="manifest"),
    path("sw.js", files.service_worker, name="service_worker"),
    path("brand.css", files.colours, name="colours"),
    path("brand.svg", files.logo, name="logo"),
    path("icon-192.png", files.icon_small, name="icon_small"),
    path("icon-512.png", files.icon_large, name="icon_large"),
    path("icon-maskable-512.png", files.icon_maskable, name="icon_maskable"),
]
