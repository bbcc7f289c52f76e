"""Every page needs a signed-in person, unless it says otherwise by this name.

Django's `LoginRequiredMiddleware` closes all views; searching for `allow_unauthenticated_access` finds the open ones.
"""

from django.contrib.auth.decorators import login_not_required

allow_unauthenticated_access = login_not_required
