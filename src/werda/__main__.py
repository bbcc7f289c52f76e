"""`python -m werda` is the command `werda`."""

from werda.cli import main

main(prog_name="werda")
