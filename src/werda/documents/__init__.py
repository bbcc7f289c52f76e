"""The operator's papers as PDF: contract papers, SIM carrier letter, code letter, and print runs of them.

`contract`, `sim_carrier`, `code_letter` and `print_run` are the ways in; `cover` and `letterhead` say what every paper
begins with. Papers are set by Typst (docs/decisions/0008-papers-by-typst.md).
"""
