"""The modules an engine loads: what the rendered configuration uses and nothing else."""

from __future__ import annotations

MODULES = (
    "mod_console",
    "mod_logfile",
    "mod_event_socket",
    "mod_commands",
    "mod_dptools",
    "mod_dialplan_xml",
    "mod_db",
    "mod_hash",
    "mod_expr",
    "mod_sndfile",
    "mod_tone_stream",
    "mod_spandsp",
    "mod_loopback",
    "mod_voicemail",
    "mod_sofia",
)
"""mod_hash counts calls, mod_expr reckons; mod_spandsp is for G.722; mod_sofia is last, so that
calls come when all else is there."""
