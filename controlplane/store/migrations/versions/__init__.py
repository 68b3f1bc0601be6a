"""One module a schema version, numbered in order."""
