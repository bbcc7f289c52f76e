"""The demo's addresses, beside the desk's."""

from django.urls import path

from werda.demo import views

app_name = "demo"

urlpatterns = [
    path("", views.welcome, name="welcome"),
    path("phone", views.phone, name="phone"),
    path("phone/call-code", views.call_code, name="call_code"),
    path("phone/token", views.token, name="token"),
    path("phone/calls", views.dial, name="dial"),
    path("phone/calls/<str:handle>/events", views.events, name="events"),
    path("phone/calls/<str:handle>/key", views.press, name="press"),
    path("phone/calls/<str:handle>/hang-up", views.hang_up, name="hang_up"),
    path("phone/calls/<str:handle>/agent", views.choose, name="choose"),
    path("phone/sounds/<str:catalogue>/<str:prompt>.wav", views.sound, name="sound"),
    path("demo/customers.json", views.customers, name="customers"),
    path("demo/operator", views.operator, name="operator"),
    path("demo/sign-in", views.sign_in, name="sign_in"),
    path("demo/sms", views.sms, name="sms"),
    path("demo/mailbox", views.mails, name="mailbox"),
    path("demo/portal", views.portal_sign_in, name="portal_sign_in"),
    path("demo/language", views.language, name="language"),
]
