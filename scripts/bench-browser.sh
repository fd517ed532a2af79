#!/usr/bin/env bash
# Measures calls and pushes in Chromium, beside the least that a page can do, and writes docs/SPEED.md.
# ROUNDS=3 and ROWS="100 B" (a part of the names of rows) make it shorter, and then nothing is written.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

scripts/setup.sh test
find_browser
build_pages speed speed
shrink_page speed "$TARGET/bench-browser/speed"
exec node bench/speed/run.mjs "$TARGET/bench-browser"
