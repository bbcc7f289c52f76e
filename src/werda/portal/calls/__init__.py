"""Calls: whether the hotline speaks with the customer now, "is it you?", a code for the call they are about to make."""
