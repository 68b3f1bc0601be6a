"""What handsets fetch: a desk, the files its vendor's phones ask for, and what they cannot do."""
