"""One file for each thing that happens, named by its verb. Outcomes are values; protected data takes a grant."""
