"""The agent's pages: who calls, how far they are legitimated, and, with a grant only, who they are (A4).

The desk reads through `store.queries`, each read with a grant, and asks the gate for everything that proves something:
it holds no key, compares nothing and counts nothing (design decisions 3, 4 and 7).
"""
