"""The process for machines: compares, counts, hands over. Holds the verifier ring and no key that decrypts."""
