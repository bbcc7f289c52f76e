"""The room "Tarif": what a customer's lines have, and options that they book, cancel and withdraw from (S13)."""
