"""My data: everything that is kept about the customer, to take along (A8)."""
