"""History: every attempt and operation about me, in words, and *that was not me* beside each (A7, A8, D4)."""
