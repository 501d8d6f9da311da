#!/usr/bin/env bash
# Builds the SPA into dist/. Installs only when the lock file has changed; prints only failures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

state=$(cat package.json package-lock.json <(node --version; uname -sm) | cksum)
if [ "$(cat node_modules/install.stamp 2>/dev/null)" != "$state" ]; then
  npm ci --ignore-scripts --no-audit --no-fund --silent
  echo "$state" > node_modules/install.stamp
fi
output=$(node_modules/.bin/vite build --logLevel warn 2>&1) || { code=$?; printf '%s\n' "$output" >&2; exit "$code"; }
