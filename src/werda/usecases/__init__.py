"""One file for each thing that happens, named by its verb. Expected outcomes are values; reads of protected data take a grant."""
