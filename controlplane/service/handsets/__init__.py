"""Handsets: how they come by their files, who is logged in to them, how they stand and are told."""
