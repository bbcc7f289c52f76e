"""What other systems of the operator hand in: orders of an existing shop, and answers to orders."""
