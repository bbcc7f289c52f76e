"""Benchmarks: every figure is a median of interleaved rounds, set against a reference measured in the same run."""
