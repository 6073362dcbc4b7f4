#!/usr/bin/env bash
# Installs Schemathesis, as requirements.txt has it, into e2e/schemathesis/.venv. Does nothing where it is there.
# Needs Python 3.11 or later with its venv module (Debian: python3-venv).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
venv=.venv
if cmp --silent requirements.txt "$venv/requirements.txt"; then exit 0; fi
python3 -m venv --clear "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
cp requirements.txt "$venv/"
