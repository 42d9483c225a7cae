#!/bin/bash
# Starts a profile's gateway in its sandbox from the staged tree; root runs it as an unprivileged user.
set -euo pipefail
stage=$1 profile=$2 user=$3
arguments=(--profile "$profile")
if [ "$(id -u)" -eq 0 ]; then
    if ! getent passwd "$user" >/dev/null; then
        useradd --system --create-home --home-dir "/var/lib/$user" --shell /usr/sbin/nologin "$user"
        echo "made the system user \"$user\" with home /var/lib/$user (remove it with: userdel -r $user)"
    fi
    # A clone below a private directory cannot be reached by that user.
    if ! setpriv --reuid "$user" --regid "$user" --clear-groups test -x "$stage/bin/mazelclaw"; then
        rm -rf /run/mazelclaw-stage
        cp -r "$stage" /run/mazelclaw-stage
        stage=/run/mazelclaw-stage
    fi
    echo "running as the unprivileged user \"$user\""
    arguments+=(--user "$user")
fi
port=$("$stage/bin/mazelclaw-run" profile "${arguments[@]}" | sed -n 's/.*base port \([0-9]*\).*/\1/p')
cat <<TEXT
the gateway will answer on http://127.0.0.1:$port; from another shell:
  $stage/bin/mazelclaw --profile $profile status
  $stage/bin/mazelclaw --profile $profile chat    (talk with it; /help, /quit)
  curl http://127.0.0.1:$port/health
  $stage/bin/mazelclaw-run ${arguments[*]} -- sh    (a shell in the same sandbox, after this one has ended)
Ctrl-C ends it
TEXT
exec "$stage/bin/mazelclaw-run" "${arguments[@]}"
