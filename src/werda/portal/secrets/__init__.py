"""Code & SIM: what the hotline asks for, shown and changed by the customer, locked when somebody else may know it."""
