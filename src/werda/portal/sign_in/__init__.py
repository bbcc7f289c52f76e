"""Signing in and out. The customer code signs nobody in: it is what the portal shows."""
