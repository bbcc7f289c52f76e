"""The rules. Standard library only, no I/O, no clock of its own (design decision 11: time is an argument)."""
