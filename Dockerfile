# An image of the program and nothing else: no shell, no package manager, no library.
#
#   docker build -t kportscan .                      # the static program: engines behind Unix sockets, 1.2 MB
#   docker build -t kportscan --target tls .         # with libcurl and certificates: engines behind TCP and TLS too
#
# The packages that a build needs are those of './dev setup'; a base that has them all is used as it is, and sources of
# the libraries in build/static/sources too, without a network. The target tls takes other bases:
# --build-arg BASE=alpine:3.20.
#
# Files only, with no right that is not needed:
#
#   docker run --rm --read-only --network none --cap-drop ALL -v "$PWD:/project:ro" kportscan --lint
#
# README.md shows the flags for asking the engine and this machine.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build-tls
WORKDIR /source
COPY dev ./
RUN ./dev setup build image
COPY . .
RUN ./dev run --version && sh manifests/image/rootfs.sh build/release/cmd/kportscan/kportscan /rootfs

FROM scratch AS common
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
USER 65532:65532
WORKDIR /project
ENTRYPOINT ["/usr/bin/kportscan"]

FROM common AS tls
COPY --from=build-tls /rootfs /

FROM ${BASE} AS build-static
ARG TARGETARCH
WORKDIR /source
COPY dev ./
RUN ./dev setup build static
COPY . .
RUN arch=${TARGETARCH:-$(dpkg --print-architecture)} && bash manifests/static/build.sh build/static "$arch" \
    && sh manifests/image/rootfs.sh "build/static/kportscan-$arch" /rootfs

FROM common AS static
COPY --from=build-static /rootfs /
