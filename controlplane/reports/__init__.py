"""Reports: one file a report, from a question to a table."""
