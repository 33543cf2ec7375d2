# For people with a container engine. `cargo xtask image` makes the same kind of image without one, the same bytes each time.
FROM rust:1.95.0-bookworm AS build
# musl-tools: the C code of the cryptography in a static program.
RUN apt-get update && apt-get install --yes --no-install-recommends musl-tools && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN target="$(uname -m)-unknown-linux-musl" \
 && rustup target add "$target" wasm32-wasip2 \
 && cargo build --locked --profile dist --target "$target" --workspace --bin orangery \
 && "target/$target/dist/orangery" plugin precompile --out /orangery \
 && printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > /passwd

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /passwd /etc/passwd
COPY --from=build /orangery /orangery
ENV PATH=/ SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
ENTRYPOINT ["/orangery"]
