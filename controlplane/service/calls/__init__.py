"""Calls: asked about before they happen, kept after they did."""
