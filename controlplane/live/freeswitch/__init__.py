"""A FreeSWITCH, driven and controlled: over its event socket."""
