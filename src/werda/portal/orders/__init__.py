"""What does great harm in the wrong hands: ordered, seen while it waits, stopped, and locked for good (A3, A6)."""
