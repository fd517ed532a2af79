#!/usr/bin/env bash
# Takes the README's picture of the demo, docs/demo.png.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

scripts/test.sh app
find_browser
cd e2e
# The port that the page expects.
E2E_BACKEND_PORT=8000 exec npx playwright test --config screenshot.config.ts
