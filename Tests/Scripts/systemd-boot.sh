#!/bin/bash
# Boots the host's own systemd as PID 1 of namespaces of its own, over a throw-away layer on the host's files: units, users
# and /etc are gone with it, and nothing of it is seen outside. Its network is a loopback of its own. Needs root, and
# Debian's systemd, dbus, libpam-systemd and iproute2.
#
#   systemd-boot.sh start DIRECTORY [DIRECTORY-TO-SHOW]...   boot; done when the manager is up. State is kept in DIRECTORY,
#                                     which is to be empty; the others are shown inside at the same place
#   systemd-boot.sh exec DIRECTORY COMMAND...    run a command inside
#   systemd-boot.sh stop DIRECTORY    halt it and remove what it was
set -euo pipefail
command=${1:?start, exec or stop} state=${2:?a directory}
shift 2

# Where the host has cgroups of version 2.
groups() {
    if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then echo /sys/fs/cgroup; else echo /sys/fs/cgroup/unified; fi
}
group=$(groups)/mazelclaw-test-$(basename "$state")

# PID 1 of the new namespaces: puts the root together and becomes systemd.
become_systemd() {
    exec </dev/null >>"$state/console" 2>&1
    mount --make-rprivate /
    mount -t tmpfs -o size=1G,mode=755 none "$state/layer"
    mkdir "$state"/layer/{upper,work}
    root=$state/root
    mount -t overlay -o "lowerdir=/,upperdir=$state/layer/upper,workdir=$state/layer/work" none "$root"
    # Whole, as on a host: where a part of /proc is covered no user namespace may mount another.
    mount -t proc -o nosuid,nodev,noexec none "$root/proc"
    mount -t sysfs -o ro,nosuid,nodev,noexec none "$root/sys"
    mount -t cgroup2 -o nosuid,nodev,noexec none "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=755,nosuid none "$root/dev"
    for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
        IFS=: read -r name major minor <<<"$device"
        mknod -m 666 "$root/dev/$name" c "$major" "$minor"
    done
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s pts/ptmx "$root/dev/ptmx"
    mkdir "$root"/dev/{pts,shm,mqueue}
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 none "$root/dev/pts"
    mount -t tmpfs -o mode=1777 none "$root/dev/shm"
    mount -t mqueue none "$root/dev/mqueue"
    mount -t tmpfs -o mode=755,nosuid,nodev none "$root/run"
    mount -t tmpfs -o mode=1777 none "$root/tmp"
    for shown in "$@"; do
        mkdir -p "$root$shown"
        mount --bind "$shown" "$root$shown"
    done
    # What the host in use has of ours is no part of a test.
    for own in /etc/mazelclaw /var/lib/mazelclaw-run /var/lib/mazelclaw-profiles /var/cache/mazelclaw; do
        [ ! -d "$own" ] || mount -t tmpfs -o mode=755 none "$root$own"
    done
    units=$root/etc/systemd/system
    mkdir -p "$units"
    cat >"$units/test.target" <<-UNIT
		[Unit]
		Requires=basic.target
		Wants=dbus.socket systemd-logind.service systemd-user-sessions.service
		After=basic.target dbus.socket systemd-logind.service systemd-user-sessions.service
		AllowIsolate=yes
	UNIT
    # Units that would reach for the kernel or the network, which are the host's.
    for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket \
        systemd-udevd-kernel.socket systemd-timesyncd.service systemd-networkd.service systemd-sysctl.service \
        systemd-modules-load.service systemd-binfmt.service systemd-firstboot.service systemd-journal-flush.service \
        systemd-machine-id-commit.service systemd-update-utmp.service proc-sys-fs-binfmt_misc.automount \
        dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
        sys-fs-fuse-connections.mount getty.target console-getty.service; do
        ln -sf /dev/null "$units/$unit"
    done
    # The host's own services, whatever they are: only what a bare system has goes on.
    rm -rf "$units"/{sockets,timers,sysinit}.target.wants
    : >"$root/etc/fstab"
    tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
    mkdir -p "$root/etc/systemd/journald.conf.d"
    printf '[Journal]\nStorage=volatile\nAudit=no\nReadKMsg=no\n' >"$root/etc/systemd/journald.conf.d/test.conf"
    hostname systemd-test
    ip link set lo up
    mkdir -p "$root/.old"
    cd "$root"
    pivot_root . .old
    umount -l /.old
    rmdir /.old
    # As systemd leaves it on a host, and not in a container: a service's credentials are mounted by a process in a mount
    # namespace of its own, and must arrive.
    mount --make-rshared /
    exec env -i container=mazelclaw-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        /lib/systemd/systemd --system --unit=test.target --log-target=journal-or-kmsg --show-status=no
}

enter() { nsenter --target "$(cat "$state/pid")" --mount --pid --cgroup --net --uts --ipc --root --wdns=/ -- "$@"; }

case $command in
start)
    mkdir -p "$state"/{layer,root}
    : >"$state/console"
    mkdir -p "$group"
    export state
    export -f become_systemd
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        # In the first namespace the new PID 1 is the child of unshare(1).
        exec setsid unshare --cgroup --mount --uts --ipc --net --pid --fork --kill-child \
            bash -euc 'become_systemd "$@"' - "$@" </dev/null >>"$state/console" 2>&1
    ) &
    outer=$!
    echo $outer >"$state/outer"
    for _ in $(seq 300); do
        child=$(cat "/proc/$outer/task/$outer/children" 2>/dev/null || true)
        [ -z "$child" ] || echo "${child%% *}" >"$state/pid"
        if [ -s "$state/pid" ]; then
            case $(enter systemctl is-system-running 2>/dev/null || true) in
            running | degraded) exit 0 ;;
            esac
        fi
        [ -d "/proc/$outer" ] || break
        sleep 0.1
    done
    echo "systemd is not up:" >&2
    tail -n 20 "$state/console" >&2
    exit 1
    ;;
exec)
    # Into the cgroup of PID 1, from inside: a PID of another namespace would be none to systemd.
    # shellcheck disable=SC2016
    enter /bin/sh -c 'echo $$ >/sys/fs/cgroup/init.scope/cgroup.procs; exec "$@"' - "$@"
    ;;
stop)
    if [ -s "$state/pid" ]; then
        pid=$(cat "$state/pid")
        enter systemctl --no-block --force halt >/dev/null 2>&1 || true
        for _ in $(seq 30); do
            [ -d "/proc/$pid" ] || break
            sleep 0.1
        done
        [ ! -d "/proc/$pid" ] || kill -9 "$pid"
    fi
    for _ in $(seq 50); do
        grep -q 'populated 1' "$group/cgroup.events" 2>/dev/null || break
        sleep 0.1
    done
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
    rm -rf --one-file-system "$state"
    ;;
*)
    echo "systemd-boot.sh: expected start, exec or stop, not $command" >&2
    exit 2
    ;;
esac
