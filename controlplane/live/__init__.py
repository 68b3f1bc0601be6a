"""Talking to running engines: wire framing, connections, and the driver of live calls."""
