"""Agents are made in this process, so Django is set up before the tests are read."""

import django

django.setup()
