"""What is too long, or needs too many machines, for every run of the tests: `make drill`."""
