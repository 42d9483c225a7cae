"""Virtual machines with Debian's kernels: made once with mmdebstrap, booted under QEMU.

A machine is an ext4 image with its kernel and initial RAM disk in DIRECTORY/NAME. What runs in it never changes the
image: QEMU keeps what is written in a temporary file. KVM is not asked for; TCG works wherever QEMU does. A tenth of the
memory is what /run has room for: the built programs must fit.
"""
import hashlib
import json
import os
import shutil
import subprocess
import threading
import time

DIRECTORY = os.environ.get("MAZELCLAW_HOSTS", "/var/tmp/mazelclaw-hosts")
PACKAGES = [
    "apparmor", "dbus", "dbus-user-session", "initramfs-tools", "iproute2", "kmod", "libpam-systemd",
    "linux-image-cloud-amd64", "openssl", "procps", "python3", "systemd", "systemd-sysv", "util-linux",
]
# Runs what it is given once everything else is up: in /run/payload, or on the second disk. Records go to a pipe there, or
# to the second serial line; what people read to the console.
UNIT = """[Unit]
Description=The matrix of hosts
After=multi-user.target

[Service]
Type=oneshot
StandardOutput=file:/dev/console
StandardError=file:/dev/console
ExecStartPre=/bin/sh -c '[ -e /run/payload ] || { mkdir /run/payload && tar -C /run/payload -xf /dev/vdb; }'
ExecStart=/usr/bin/python3 /run/payload/guest.py
ExecStopPost=/bin/systemctl --no-block --force poweroff

[Install]
WantedBy=multi-user.target
"""
# Units that would only take time, or write to the lines that are needed.
MASKED = [
    "serial-getty@ttyS0.service", "getty@tty1.service", "systemd-timesyncd.service", "apt-daily.timer",
    "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
]


class Machine:
    """One Debian release: a tree of files, and a disk with the same and its own kernel."""

    def __init__(self, suite):
        self.suite = suite
        self.place = os.path.join(DIRECTORY, suite)
        self.tree = os.path.join(self.place, "tree")

    def make(self):
        """Makes the image unless one made the same way is there already."""
        recipe = hashlib.sha256(json.dumps([self.suite, PACKAGES, UNIT, MASKED]).encode()).hexdigest()
        mark = os.path.join(self.place, "recipe")
        if os.path.exists(mark) and open(mark).read() == recipe:
            return
        shutil.rmtree(self.place, ignore_errors=True)
        os.makedirs(self.place)
        tree = self.tree
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "--include=" + ",".join(PACKAGES), self.suite, tree,
             f"deb http://deb.debian.org/debian {self.suite} main",
             f"deb http://security.debian.org/debian-security {self.suite}-security main"], check=True)
        self.prepare(tree)
        for name in ["vmlinuz", "initrd.img"]:
            kernel = [file for file in sorted(os.listdir(f"{tree}/boot")) if file.startswith(name + "-")][-1]
            shutil.copy(f"{tree}/boot/{kernel}", f"{self.place}/{name}")
        subprocess.run(["mkfs.ext4", "-q", "-d", tree, f"{self.place}/root.img", "2G"], check=True)
        with open(mark, "w") as file:
            file.write(recipe)

    @staticmethod
    def prepare(tree):
        """What makes a Debian tree a machine of the matrix."""
        with open(f"{tree}/etc/systemd/system/mazelclaw-hosts.service", "w") as file:
            file.write(UNIT)
        with open(f"{tree}/etc/fstab", "w") as file:
            file.write("/dev/vda / ext4 defaults 0 1\n")
        # Every host with programs of its own has it.
        os.makedirs(f"{tree}/etc/ssl/certs", exist_ok=True)
        with open(f"{tree}/etc/hostname", "w") as file:
            file.write("host\n")
        subprocess.run(["systemctl", f"--root={tree}", "-q", "enable", "mazelclaw-hosts.service"], check=True)
        subprocess.run(["systemctl", f"--root={tree}", "-q", "mask", *MASKED], check=True)

    def boot(self, payload, append, seconds, log, record):
        """Boots with the files of `payload` and words for the kernel; gives every record to `record`.

        Returns how many seconds the machine ran, and whether it went down by itself.
        """
        disk = f"{self.place}/payload.tar"
        subprocess.run(["tar", "-C", payload, "-cf", disk, "."], check=True)
        # A disk has whole sectors.
        os.truncate(disk, (os.path.getsize(disk) + 511) // 512 * 512)
        command = [
            "nice", "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1536", "-smp", "2",
            "-kernel", f"{self.place}/vmlinuz", "-initrd", f"{self.place}/initrd.img",
            "-append", f"root=/dev/vda rw console=ttyS0 quiet {append}",
            "-drive", f"file={self.place}/root.img,format=raw,if=virtio,snapshot=on",
            "-drive", f"file={disk},format=raw,if=virtio,readonly=on",
            "-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot",
            "-serial", f"file:{log}", "-serial", "stdio",
        ]
        start = time.monotonic()
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        isOverdue = threading.Event()

        def end():
            isOverdue.set()
            machine.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        for line in machine.stdout:
            line = line.strip()
            if line.startswith("{"):
                record(json.loads(line))
        machine.wait()
        timer.cancel()
        return time.monotonic() - start, not isOverdue.is_set() and machine.returncode == 0
