"""What is kept: the model's objects in tables, commits with their audit, and readers of files."""
