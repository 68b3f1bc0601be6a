"""What is dialled for the baselines, which the benchmark adds to the running engine's dialplan."""

from __future__ import annotations

TENANT = "large"

NATIVE = "*7"
"""Before an extension: rings that line's phone with nothing but the engine's own dialling."""

STATIC = "*8"
"""Before an extension: the rendered rules, without asking the controller first."""
