"""Changes: each is planned, committed and brought to the engines by one door, whoever makes it."""
