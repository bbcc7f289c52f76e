"""The process that takes from the operator's systems: customers, lines, SIMs, and the results of orders."""
