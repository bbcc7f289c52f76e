"""The parts of an import: a table file read line by line, rows where the newer word wins, a run that can be resumed."""
