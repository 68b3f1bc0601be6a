"""From plans and models to the files and stored keys of a FreeSWITCH (pure)."""

from controlplane.render.freeswitch.engine_bundle import render

__all__ = ["render"]
