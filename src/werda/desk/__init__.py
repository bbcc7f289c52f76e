"""The agent desk: the page on which an agent spends the day."""
