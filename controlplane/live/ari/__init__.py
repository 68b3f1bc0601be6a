"""Asterisk's REST interface (ARI): framing (pure), connection, executor of steps."""
