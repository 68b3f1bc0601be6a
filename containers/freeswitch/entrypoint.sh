#!/bin/sh
# Makes the directories FreeSWITCH expects in /state, then becomes it.
set -eu
umask 027
mkdir -p /state/db /state/log /state/run /state/tmp /state/storage /state/recordings /state/voicemail
if [ "${1:-}" != freeswitch ]; then
    exec "$@"
fi
if [ ! -r /engine/current/freeswitch.xml ]; then
    echo "no bundle: /engine/current/freeswitch.xml cannot be read" >&2
    exit 78
fi
# -np: a process that is not root cannot make itself real-time; give the container the right to
# instead (`ulimits: rtprio`) and leave the option out where sound suffers on a busy machine.
exec "$@" -np -conf /engine/current -db /state/db -log /state/log -run /state/run \
    -temp /state/tmp -storage /state/storage -recordings /state/recordings
