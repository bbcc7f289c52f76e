"""Checking of what was appended, without the processes that wrote it (design decision 5)."""
