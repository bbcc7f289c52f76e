"""Help: where code and PUK stand, what the hotline asks and what never, its hours, what to do when (D5, E1, E6)."""
