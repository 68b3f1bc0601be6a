"""Bringing a rendered bundle onto an engine: written, switched, reloaded, read back, or undone."""
