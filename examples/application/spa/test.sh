#!/usr/bin/env bash
# Build, types, lint and tests of the SPA; prints only failures. With REPORTS_DIR, results and coverage go there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
./build.sh

quietly() {
  local output
  output=$("$@" 2>&1) || { local code=$?; printf '%s\n' "$output" >&2; exit "$code"; }
}
quietly node_modules/.bin/tsc
quietly node_modules/.bin/eslint .
quietly node_modules/.bin/vitest run "$@"
