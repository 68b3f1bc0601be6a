#!/bin/sh
# Makes the directories Asterisk expects in /state, then becomes the command.
set -eu
umask 027
mkdir -p /state/db /state/log /state/run /state/spool/voicemail /state/spool/tmp \
         /state/keys /state/spool/outgoing /state/spool/monitor /state/spool/recording
if [ ! -r /engine/current/asterisk.conf ] && [ "${1:-} ${2:-}" = "asterisk -f" ]; then
    echo "no bundle: /engine/current/asterisk.conf cannot be read" >&2
    exit 78
fi
exec "$@"
