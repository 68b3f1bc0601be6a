#!/bin/sh
# Sees to it that a container engine answers on this machine, and says what it does for that.
#
#   engine-host.sh [PACKAGE...]   install docker.io and the Debian PACKAGEs that are missing;
#                                 start dockerd by hand where no engine answers and no systemd runs
#   engine-host.sh --stop         end the dockerd this script started by hand, if it did
set -eu

PIDFILE=/run/controlplane-dockerd.pid
LOGFILE=/var/log/controlplane-dockerd.log

say() { echo "engine-host: $*" >&2; }
fail() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo "$@"
    else fail "needs root for: $*"
    fi
}

stop_own() {
    [ -r "$PIDFILE" ] || return 0
    pid=$(cat "$PIDFILE")
    if [ -r "/proc/$pid/comm" ] && [ "$(cat "/proc/$pid/comm")" = dockerd ]; then
        say "ending dockerd (process $pid), which was started by hand"
        as_root kill "$pid"
    fi
    as_root rm -f "$PIDFILE"
}

install_packages() {
    missing=""
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' \
            || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null 2>&1 || fail "please install:$missing"
    say "installing:$missing"
    as_root apt-get -o Acquire::Check-Valid-Until=false -qq update >&2 \
        || say "apt-get update failed; going on with the package lists there are"
    # shellcheck disable=SC2086 # a list of words on purpose
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >&2
}

# An engine that was killed leaves process ids behind that may be another process's by now.
forget_dead() {
    for file in /run/docker.pid /run/docker/containerd/containerd.pid; do
        [ -r "$file" ] || continue
        case $(cat "/proc/$(cat "$file")/comm" 2>/dev/null) in
            dockerd | containerd) ;;
            *) as_root rm -f "$file" ;;
        esac
    done
}

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_by_hand() {
    say "starting by hand: dockerd $* (log: $LOGFILE)"
    # shellcheck disable=SC2016 # expanded by the inner shell
    as_root sh -c 'log=$1 pidfile=$2; shift 2
        nohup dockerd "$@" >"$log" 2>&1 </dev/null & echo $! >"$pidfile"' \
        sh "$LOGFILE" "$PIDFILE" "$@"
    for _ in $(seq 60); do
        answers && return 0
        [ -d "/proc/$(cat "$PIDFILE")" ] || return 1
        sleep 0.5
    done
    return 1
}

if [ "${1:-}" = --stop ]; then stop_own; exit 0; fi

# A client alone starts no engine: where none answers, the daemon is to be there too.
if answers || command -v dockerd >/dev/null 2>&1; then install_packages "$@"
else install_packages docker.io "$@"
fi
answers && exit 0
forget_dead
if [ -d /run/systemd/system ]; then
    say "starting the docker service"
    as_root systemctl start docker
    answers && exit 0
    fail "the docker service runs, but does not answer this user (is $(id -un) in group docker?)"
fi
start_by_hand && exit 0
stop_own
# Where the kernel offers no NAT, host networking still works, and that is all we use.
start_by_hand --iptables=false --bridge=none && exit 0
tail -n 5 "$LOGFILE" >&2
stop_own
fail "no container engine could be started"
