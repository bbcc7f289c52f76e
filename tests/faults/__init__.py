"""What breaks around Werda, and that nobody gets in by it (docs/reliability.md)."""
