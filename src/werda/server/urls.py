"""Which pages there are: the desk's, and in the demo the operator's phone beside them."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from werda.look.access import allow_unauthenticated_access
from werda.look.failing import failed

handler500 = failed
urlpatterns: list[URLPattern | URLResolver] = [path("", include("werda.desk.urls"))]
if settings.WERDA_DEMO:
    urlpatterns.append(path("", include("werda.demo.urls")))
else:
    urlpatterns.append(path("", allow_unauthenticated_access(RedirectView.as_view(pattern_name="desk:board"))))
