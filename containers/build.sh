#!/bin/sh
# Builds the Asterisk image, with or without an image registry; does nothing if it is up to date.
#
#   BASE             base image                                    debian:forky-slim
#   IMAGE            image to build                                controlplane/asterisk:22
#   DEBIAN_MIRROR    where the base comes from without a registry  the mirror apt uses here
set -eu

here=$(cd "$(dirname "$0")" && pwd)
BASE=${BASE:-debian:forky-slim}
IMAGE=${IMAGE:-controlplane/asterisk:22}
SUITE=forky
LABEL=controlplane.source

say() { echo "build: $*" >&2; }
fail() { say "$*"; exit 1; }

# The URI of the Debian archive in apt's own configuration on this machine.
mirror() {
    if [ -n "${DEBIAN_MIRROR:-}" ]; then echo "$DEBIAN_MIRROR"; return; fi
    . /etc/os-release
    apt-get indextargets --format '$(CREATED_BY) $(RELEASE) $(REPO_URI)' 2>/dev/null \
        | awk -v release="${VERSION_CODENAME:-}" \
              '$1 == "Packages" && $2 == release { print $3; exit }'
}

base_without_registry() {
    . /etc/os-release
    [ "${ID:-}" = debian ] || [ -n "${DEBIAN_MIRROR:-}" ] \
        || fail "$BASE cannot be pulled; set DEBIAN_MIRROR to a Debian mirror to build it here"
    uri=$(mirror)
    [ -n "$uri" ] || fail "$BASE cannot be pulled and apt names no mirror; set DEBIAN_MIRROR"
    "$here/engine-host.sh" mmdebstrap
    say "no registry has $BASE: building it from the Debian mirror apt uses"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT INT TERM
    mmdebstrap --quiet --variant=minbase --mode="$([ "$(id -u)" -eq 0 ] && echo root || echo auto)" \
        --aptopt='Acquire::Check-Valid-Until "false"' \
        --aptopt='Apt::Install-Recommends "false"' \
        "$SUITE" "$work/base.tar" "deb $uri $SUITE main" >&2
    docker import "$work/base.tar" "$BASE" >/dev/null
    rm -rf "$work"
}

"$here/engine-host.sh"

wanted=$( (echo "$BASE"; cat "$here/asterisk/Dockerfile" "$here/asterisk/entrypoint.sh") \
    | sha256sum | cut -c1-16)
built=$(docker image inspect --format "{{index .Config.Labels \"$LABEL\"}}" "$IMAGE" 2>/dev/null || true)
if [ "$built" = "$wanted" ]; then exit 0; fi

if ! docker image inspect "$BASE" >/dev/null 2>&1; then
    say "pulling $BASE"
    docker pull --quiet "$BASE" >/dev/null 2>&1 || base_without_registry
fi

say "building $IMAGE (about half a minute)"
proxies=""
for name in http_proxy https_proxy no_proxy; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || proxies="$proxies --build-arg $name"
done
log=$(mktemp)
# shellcheck disable=SC2086 # a list of words on purpose
if ! docker build --network host $proxies --build-arg BASE="$BASE" --label "$LABEL=$wanted" \
        --tag "$IMAGE" "$here/asterisk" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "$IMAGE could not be built"
fi
rm -f "$log"
say "built $IMAGE"
