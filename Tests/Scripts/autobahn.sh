#!/bin/bash
# Holds the gateway's WebSocket frames against the Autobahn fuzzing client (RFC 6455): no case may fail.
#
# The client is a program for Python 2.7, from PyPI. Left out: messages of megabytes and compression (9, 12, 13), which
# measure speed and an extension we do not offer, and 1.2, binary messages, which the protocol does not have: they are
# closed with 1003, as FramingTests tests.
#
# usage: autobahn.sh ECHO-SERVER
set -euo pipefail
port=28449
python=$(command -v python2.7 || true)
# A pyenv shim answers only for the version it is told.
"${python:-false}" --version 2>/dev/null || export PYENV_VERSION=2.7.18
"${python:-false}" --version 2>/dev/null || { echo "autobahn: needs Python 2.7 with pip" >&2; exit 69; }
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
export PYTHONUSERBASE="$work"
"$python" -m pip install --quiet --user autobahntestsuite 2>"$work/pip" || { cat "$work/pip" >&2; exit 69; }
"$1" "$port" >"$work/said" &
server=$!
until grep -q listening "$work/said"; do kill -0 "$server"; sleep 0.1; done
cat >"$work/cases.json" <<EOF
{"outdir": "$work/out", "servers": [{"agent": "gateway", "url": "ws://127.0.0.1:$port"}],
 "cases": ["*"], "exclude-cases": ["1.2.*", "9.*", "12.*", "13.*"], "exclude-agent-cases": {}}
EOF
"$work/bin/wstest" -m fuzzingclient -s "$work/cases.json" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
"$python" - "$work/out/index.json" <<'EOF'
from __future__ import print_function
import collections, json, sys
cases = json.load(open(sys.argv[1]))["gateway"]
print("%d cases: %s" % (len(cases), dict(collections.Counter(case["behavior"] for case in cases.values()))))
good = ("OK", "NON-STRICT", "INFORMATIONAL")
bad = [(name, case["behavior"], case["behaviorClose"]) for name, case in sorted(cases.items())
       if case["behavior"] not in good or case["behaviorClose"] not in good]
for name, behavior, close in bad: print("case %s: %s, close: %s" % (name, behavior, close))
sys.exit(1 if bad or len(cases) < 200 else 0)
EOF
