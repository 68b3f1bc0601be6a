# On an image that has FreeSWITCH already; needs no token and no BuildKit:
#
#   docker build --build-arg BASE=registry.example/freeswitch:1.11 \
#       --file containers/freeswitch/onto.Dockerfile --tag controlplane/freeswitch:1 \
#       containers/freeswitch
#
# It has to find `freeswitch` in its PATH, with the modules that the Dockerfile beside it lists.
ARG BASE
FROM ${BASE}

USER root
RUN command -v freeswitch >/dev/null || { echo "the base has no freeswitch in its PATH" >&2; exit 1; }
COPY entrypoint.sh /usr/local/bin/freeswitch-entrypoint
VOLUME ["/state"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/bin/sh", "/usr/local/bin/freeswitch-entrypoint"]
CMD ["freeswitch", "-nf", "-nc", "-nonat"]
