"""Who else may speak for the account holder, kept by the account holder (E2)."""
