"""Key rings, outside the database: the verifier compares, custody seals and opens (B5, design decision 4)."""
