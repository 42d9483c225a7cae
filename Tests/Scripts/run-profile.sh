#!/bin/bash
# Starts a profile's gateway in its sandbox from the staged tree; root gives it a user ID of its own.
set -euo pipefail
stage=$1 profile=$2
if [ "$(id -u)" -eq 0 ] && ! setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$stage/bin/mazelclaw"; then
    # A clone below a private directory cannot be reached by another user.
    rm -rf /run/mazelclaw-stage
    cp -r "$stage" /run/mazelclaw-stage
    stage=/run/mazelclaw-stage
fi
port=$("$stage/bin/mazelclaw-run" profile --profile "$profile" | sed -n 's/.*base port \([0-9]*\).*/\1/p')
cat <<TEXT
the gateway will answer on http://127.0.0.1:$port; from another shell:
  $stage/bin/mazelclaw --profile $profile status
  $stage/bin/mazelclaw --profile $profile chat    (talk with it; /help, /quit)
  curl http://127.0.0.1:$port/health
  $stage/bin/mazelclaw-run --profile $profile --interactive -- sh    (a shell in the same sandbox, after this one has ended)
Ctrl-C ends it
TEXT
exec "$stage/bin/mazelclaw-run" --profile "$profile"
