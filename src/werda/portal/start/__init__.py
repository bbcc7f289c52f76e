"""The first page: whether the hotline speaks with you now, and the ways to everything else."""
