#!/bin/bash
# Holds our WebSocket frames against Autobahn (RFC 6455): no case may fail. The gateway's are held against the fuzzing
# client, those of the DevTools client against the fuzzing server.
#
# Autobahn is a program for Python 2.7, from PyPI. Left out: messages of megabytes and compression (9, 12, 13), which
# measure speed and an extension we do not offer, and 1.2, binary messages, which neither protocol has: they are
# closed with 1003, as FramingTests and CarrierTests test.
#
# usage: autobahn.sh ECHO-SERVER ECHO-CLIENT
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
left_out='"cases": ["*"], "exclude-cases": ["1.2.*", "9.*", "12.*", "13.*"], "exclude-agent-cases": {}'

# Says how the agent $1 did, by the report in the directory $2; fails when a case did.
judge() {
    "$python" - "$1" "$2/index.json" <<'PYTHON'
from __future__ import print_function
import collections, json, sys
agent, report = sys.argv[1:]
cases = json.load(open(report))[agent]
print("%s: %d cases: %s" % (agent, len(cases), dict(collections.Counter(case["behavior"] for case in cases.values()))))
good = ("OK", "NON-STRICT", "INFORMATIONAL")
bad = [(name, case["behavior"], case["behaviorClose"]) for name, case in sorted(cases.items())
       if case["behavior"] not in good or case["behaviorClose"] not in good]
for name, behavior, close in bad: print("case %s: %s, close: %s" % (name, behavior, close))
sys.exit(1 if bad or len(cases) < 200 else 0)
PYTHON
}

"$1" "$port" >"$work/said" &
server=$!
until grep -q listening "$work/said"; do kill -0 "$server"; sleep 0.1; done
cat >"$work/cases.json" <<JSON
{"outdir": "$work/gateway", "servers": [{"agent": "gateway", "url": "ws://127.0.0.1:$port"}], $left_out}
JSON
"$work/bin/wstest" -m fuzzingclient -s "$work/cases.json" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
kill "$server"
wait "$server" || true
server=
judge gateway "$work/gateway"

cat >"$work/cases.json" <<JSON
{"outdir": "$work/devtools", "url": "ws://127.0.0.1:$port", $left_out}
JSON
"$work/bin/wstest" -m fuzzingserver -s "$work/cases.json" >"$work/log" 2>&1 &
server=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do kill -0 "$server" || { cat "$work/log" >&2; exit 1; }; sleep 0.1; done
"$2" "$port" || { cat "$work/log" >&2; exit 1; }
judge devtools "$work/devtools"
