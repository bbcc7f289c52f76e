"""What the APIs for machines share: keys, problem details, and an edge that lets no exception out."""
