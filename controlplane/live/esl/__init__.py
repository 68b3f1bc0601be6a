"""FreeSWITCH's event socket: framing and commands (pure), the connection, the outbound server."""
