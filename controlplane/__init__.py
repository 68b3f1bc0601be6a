"""A control plane for Asterisk and FreeSWITCH."""
