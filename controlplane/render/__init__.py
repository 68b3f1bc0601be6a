"""From plans and models to the files and stored keys of an engine (pure)."""
