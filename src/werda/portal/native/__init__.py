"""The operator's own app: signed in by OAuth 2.1, it reads and does by JSON what the pages do (S8)."""
