"""The Asterisk renderer: dialplan, SIP accounts, voicemail, and all else an engine needs."""

from controlplane.render.asterisk.engine_bundle import render

__all__ = ["render"]
