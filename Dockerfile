# syntax=docker/dockerfile:1

FROM rust:1.95.0-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Everything that the manifests name. The tests are not needed: cargo looks for them when it compiles them.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY domain domain
COPY projections projections
COPY crates crates
COPY migrations migrations
COPY benches benches
COPY src src
# The registry and what is compiled already stay between two builds.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    cargo build --release --locked --package attempt-ledger --bin attempt-ledger \
    && cp target/release/attempt-ledger /usr/local/bin/attempt-ledger
# With completions, pages of the manual and licences, as any other package.
COPY LICENSE-MIT LICENSE-APACHE ./
COPY deploy deploy
RUN deploy/package /package /usr/local/bin/attempt-ledger

FROM debian:12.12-slim
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="attempt-ledger" \
      org.opencontainers.image.description="An event-sourced ledger of dialer call attempts" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# The certificates are for TLS to the cluster, whose client needs them there even without it; curl asks for the health.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 ledger \
    && useradd --uid 10001 --gid ledger --no-create-home --home-dir /var/lib/attempt-ledger --shell /usr/sbin/nologin ledger \
    && install --directory --owner ledger --group ledger --mode 0750 /var/lib/attempt-ledger
COPY --from=build /package/usr/local /usr/local
USER ledger
WORKDIR /var/lib/attempt-ledger
VOLUME /var/lib/attempt-ledger
EXPOSE 7878
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --retries=3 --start-period=600s \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:7878/readyz"]
ENTRYPOINT ["attempt-ledger"]
CMD ["serve", "--data", "/var/lib/attempt-ledger", "--listen", "0.0.0.0:7878"]
