# An image of the program and the libraries it needs, and nothing else: no shell, no package manager.
#
#   docker build -t kportscan .                                 # on Debian
#   docker build -t kportscan --build-arg BASE=alpine:3.20 .    # on Alpine; Fedora and Ubuntu work as well
#
# What is installed for the build is what './dev' says it needs; a base that has it all is used as it is, without a
# network.
# Files only, with nothing that it does not need:
#
#   docker run --rm --read-only --network none --cap-drop ALL -v "$PWD:/project:ro" kportscan --lint
#
# README.md shows the flags for asking the engine and this machine.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /source
COPY dev ./
RUN ./dev setup build image
COPY . .
RUN ./dev run --version && sh manifests/image/rootfs.sh build/release/cmd/kportscan/kportscan /rootfs

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="kportscan" \
      org.opencontainers.image.description="Port conflicts of Docker and Kubernetes, before anything starts" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="kportscan maintainers" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /rootfs /
USER 65532:65532
WORKDIR /project
ENTRYPOINT ["/usr/bin/kportscan"]
