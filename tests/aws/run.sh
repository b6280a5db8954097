#!/usr/bin/env bash
# The end-to-end tests against the fake AWS: run.sh BINARY, where BINARY is palisade built with the feature `aws`.
# Needs python3 with venv, and what requirements.txt names. PALISADE_AWS_VENV names an environment to use again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=${1:?the path of palisade}
shift
venv=${PALISADE_AWS_VENV:-$(mktemp -d)}
[ -n "${PALISADE_AWS_VENV:-}" ] || trap 'rm -rf "$venv"' EXIT
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
export PYTHONDONTWRITEBYTECODE=1 AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
"$venv/bin/python" -m unittest discover --start-directory "$here"
"$venv/bin/python" "$here/run.py" "$binary" "$@"
