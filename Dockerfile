# docker build -t kportscan .
# docker run --rm -v "$PWD:/project:ro" kportscan --lint
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        build-essential cmake ninja-build pkg-config libyaml-dev libjansson-dev libcurl4-openssl-dev \
    && rm -rf /var/lib/apt/lists/*
COPY . /source
RUN cd /source && cmake --preset release && cmake --build build/release --target kportscan

FROM ${BASE}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libyaml-0-2 libjansson4 libcurl4 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home kportscan
COPY --from=build /source/build/release/cmd/kportscan/kportscan /usr/local/bin/kportscan
USER kportscan
WORKDIR /project
ENTRYPOINT ["kportscan"]
