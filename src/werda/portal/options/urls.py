"""The addresses of the area. A booking is named by its public id, a line by its number of the database."""

from django.urls import path

from werda.portal.options import views

pages = [
    path("tariff", views.overview, name="overview"),
    path("tariff/book/<int:line_id>/<slug:slug>", views.book, name="book"),
    path("tariff/bookings/<uuid:public_id>", views.booking, name="booking"),
    path("tariff/bookings/<uuid:public_id>/cancel", views.cancel, name="cancel"),
    path("tariff/bookings/<uuid:public_id>/withdraw", views.withdraw, name="withdraw"),
]
