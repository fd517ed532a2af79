#!/usr/bin/env bash
# Fuzzes the client with libFuzzer: each target, or those that are named, for a minute (FUZZ_SECONDS).
#   scripts/fuzz.sh [frame] [operations]
# It needs a nightly compiler. What it finds is in fuzz/artifacts; what it learned, in fuzz/corpus.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

readonly CARGO_FUZZ_VERSION=0.13.2
readonly SECONDS_EACH=${FUZZ_SECONDS:-60}
readonly VECTORS=core/tests/data/wire-vectors.json

main() {
  local target targets=("$@")
  ((${#targets[@]})) || targets=(frame operations)

  cargo +nightly --version >/dev/null 2>&1 || die "a nightly Rust is missing: type 'rustup toolchain install nightly'"
  set_up_cargo_fuzz
  seed_corpus
  for target in "${targets[@]}"; do
    say "Fuzzing $target for $SECONDS_EACH s ..."
    # Frames are small, and a larger one finds nothing that a small one does not.
    cargo +nightly fuzz run "$target" -- -max_total_time="$SECONDS_EACH" -max_len=4096 -timeout=10 -print_final_stats=1
  done
}

set_up_cargo_fuzz() {
  [[ $(cargo-fuzz --version 2>/dev/null) == "cargo-fuzz $CARGO_FUZZ_VERSION" ]] && return
  say "Building cargo-fuzz $CARGO_FUZZ_VERSION (about 1 minute, once) ..."
  CARGO_TARGET_DIR=$TOOLS/build CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
    cargo install cargo-fuzz --version "$CARGO_FUZZ_VERSION" --locked --force --quiet --root "$TOOLS"
  rm -rf "$TOOLS/build"
}

# What the real servers were recorded to send. Corpora are not committed: this makes them again.
seed_corpus() {
  have python3 || die "python3 is missing: it reads the recorded frames"
  python3 - "$VECTORS" fuzz/corpus/frame <<'PYTHON'
import json
import pathlib
import sys

vectors, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
corpus.mkdir(parents=True, exist_ok=True)
frames = {frame for vector in json.loads(pathlib.Path(vectors).read_text()) for frame in vector["frames"]}
for number, frame in enumerate(sorted(frames)):
    (corpus / f"vector-{number:03}").write_text(frame)
print(f"{len(frames)} recorded frames to start from")
PYTHON
}

main "$@"
