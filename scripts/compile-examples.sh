#!/usr/bin/env bash
# Compiles every TypeScript example in README.md, docs/ and the docstrings against the compiled package, strictly.
set -euo pipefail
cd "$(dirname "$0")/.."
test -f .jsii || { echo "Run 'npx projen compile' first: there is no .jsii." >&2; exit 1; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
npx jsii-rosetta extract --compile --strict --directory . --output "$out/examples.tabl.json" .
