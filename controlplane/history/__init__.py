"""Call history: from the spools that engines write to rows in the store."""
