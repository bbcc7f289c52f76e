"""What pages read. Nothing about a customer is read without a `Grant` (design decision 7)."""
