"""The matrix: which hosts, which options, and what must come of a start there."""
import contextlib
import socket

from conditions import DOCKER_FILTER, apparmor, inside, sysctl, without
from guide import Guide
from launcher import HOME, PORTS, PROBE, USER_ID
from limits import limits
from rows import both
from units import STARTS, Restart, Unit, units

OLDER = {"bookworm": "landlock-net,landlock-scope", "trixie": ""}
KERNEL = {"bookworm": "6.1", "trixie": "6.12"}
TEXTS = {
    "EPERM": "EPERM (Operation not permitted)", "EACCES": "EACCES (Permission denied)",
    "ENOSPC": "ENOSPC (No space left on device)", "EBUSY": "EBUSY (Device or resource busy)",
    "EINVAL": "EINVAL (Invalid argument)", "EROFS": "EROFS (Read-only file system)",
    "EAFNOSUPPORT": "EAFNOSUPPORT (Address family not supported by protocol)",
}
PROC = 'mount type=proc destination=/proc options=["nosuid","nodev","noexec"]'
ROOT = "mount-root type=tmpfs size=16777216"
NEST = f"nest-user-namespace uid={USER_ID} gid={USER_ID}"
SYSTEM = ["root unit", "User= unit"]
BOOTS = ["plain", "no-landlock", "systemd"]


def failed(step, errno, remedy):
    """The sentence about a step that failed."""
    return f'step "{step}" failed: {TEXTS[errno]}; {remedy}'


def refused(guarantee, found, remedy):
    """The sentence about a guarantee that is refused by name."""
    return (f'this host cannot hold the guarantee "{guarantee}": {found}; {remedy}, or give it up by name with '
            f"--allow-degraded={guarantee}")


def step_refused(guarantee, step, errno, remedy, detail=""):
    """The sentence about a step that failed and that can be given up by name."""
    return refused(guarantee, f'step "{step}" failed: {TEXTS[errno]}{detail}', remedy)


def rows(suite, boot):
    """The rows of one boot, in order."""
    return {"plain": by_hand, "no-landlock": without_landlock, "systemd": by_systemd}[boot](suite)


def by_hand(suite):
    """A whole host, then poorer ones. What cannot be taken back comes last."""
    older, kernel = OLDER[suite], KERNEL[suite]

    def table(host, given="", **options):
        return both(host, given=",".join(filter(None, [older, given])), kernel=kernel, **options)

    result = []
    # First: namespaces of an earlier sandbox may be counted for a while.
    result += table("user.max_user_namespaces=1", code=69, setting=lambda: sysctl("user.max_user_namespaces", 1),
                    says=failed(NEST, "ENOSPC", "raise user.max_user_namespaces with sysctl"))
    result += table("user.max_user_namespaces=0", code=69, setting=lambda: sysctl("user.max_user_namespaces", 0),
                    says=failed("clone", "ENOSPC", "raise user.max_user_namespaces with sysctl"))
    if suite == "bookworm":
        net = refused("landlock-net", "its Landlock has ABI 2, TCP port rules need ABI 4", "use a kernel from 6.12 on")
        scope = refused("landlock-scope", "its Landlock has ABI 2, scopes need ABI 6", "use a kernel from 6.12 on")
        result += both("as Debian has it", kernel=kernel, code=69, says=net)
        result += both("as Debian has it", kernel=kernel, code=69, says=scope, given="landlock-net")
        result += both("as Debian has it", kernel=kernel, code=69, says=net, given="landlock-scope")
    result += limits(older)
    result += table("as Debian has it", races=True)
    result += table("as Debian has it", given="broker")
    result += table("as Debian has it", given="proc")
    result += table("kernel.unprivileged_userns_clone=0", code=69,
                    setting=lambda: sysctl("kernel.unprivileged_userns_clone", 0),
                    says=failed("clone", "EPERM", "set kernel.unprivileged_userns_clone=1 with sysctl"))
    result += table("kernel.yama.ptrace_scope=1", setting=lambda: sysctl("kernel.yama.ptrace_scope", 1))
    result += table("kernel.yama.ptrace_scope=2", setting=lambda: sysctl("kernel.yama.ptrace_scope", 2))
    result += under_apparmor(suite, table)
    listener = "a supervisor over the launcher (a container engine's, WSL's) has the one listener there can be: start " \
        "outside of it"
    result += table("seccomp listener taken", code=69, inner=[PROBE, "--with-listener"],
                    says=step_refused("broker", "seccomp", "EBUSY", listener))
    result += table("seccomp listener taken", given="broker", inner=[PROBE, "--with-listener"])
    result += in_containers(table)
    scope3 = "start the host with kernel.yama.ptrace_scope at 2 or lower: 3 stays until it is started again"
    yama = step_refused("broker", "notify", "EPERM", scope3, ": pidfd_getfd(2) of the payload's process")
    result += table("kernel.yama.ptrace_scope=3", code=69, setting=lambda: sysctl("kernel.yama.ptrace_scope", 3), says=yama)
    result += table("kernel.yama.ptrace_scope=3", given="broker", setting=lambda: sysctl("kernel.yama.ptrace_scope", 3))
    return result


def under_apparmor(suite, table):
    """The launcher confined by an AppArmor profile. The parser and the kernel know user namespaces from 4.0 and 6.7 on."""
    rest = "file, capability, network, signal, ptrace, unix,"
    knows = suite == "trixie"
    userns = "userns, " if knows else ""
    profile = 'let the AppArmor profile "mazelclaw-run" hold'
    mounts = failed(ROOT, "EACCES", f'{profile} "mount, umount, pivot_root,"') if knows else \
        failed("pivot_root", "EACCES", f'{profile} "mount, umount, pivot_root,"')
    result = table("AppArmor that permits it all", setting=lambda: apparmor(f"{rest} {userns}mount, umount, pivot_root,"))
    result += table("AppArmor without mount", code=69, setting=lambda: apparmor(f"{rest} {userns}"), says=mounts)
    if knows:
        result += table("AppArmor without userns", code=69,
                        setting=lambda: apparmor(f"{rest} mount, umount, pivot_root,"),
                        says=failed("clone", "EACCES", f'{profile} "userns,"'))
    return result


def in_containers(table):
    """Hosts that look like the inside of a container."""
    def covered(place):
        return step_refused("proc", PROC, "EPERM", f"the host's /proc is covered at {place}, as container engines do: start "
                            "the container with --security-opt unmask=ALL")

    docker = failed("clone", "EPERM", "let the seccomp filter over the launcher (a container engine's?) permit clone and "
                    "unshare")
    result = table("covered /proc", code=69, outer=inside("covered-proc"), says=covered("/proc/kcore"))
    result += table("covered /proc", given="proc", outer=inside("covered-proc"))
    result += table("read-only /proc/sys", code=69, outer=inside("readonly-sysctl"), says=covered("/proc/sys"))
    result += table("read-only /proc/sys", given="proc", outer=inside("readonly-sysctl"))
    result += table("Docker's filter", code=69, inner=without(DOCKER_FILTER), says=docker)
    result += table("Docker's filter", given="broker,landlock,proc", code=69, inner=without(DOCKER_FILTER), says=docker)
    result += table("user namespace with all IDs", outer=inside("whole-user-namespace"))
    result += table("user namespace with root's ID alone", code=69, outer=inside("root-only-user-namespace"),
                    says=f"cannot become user {USER_ID}: {TEXTS['EINVAL']}; give the container a range of IDs that holds "
                    f"{USER_ID}: in its user namespace it is nobody's ID")[:1]
    return result


def without_landlock(suite):
    """A kernel that was started without Landlock in lsm=."""
    absent = refused("landlock", "Landlock is switched off", 'add "landlock" to the boot parameter lsm=')
    result = both("lsm= without landlock", kernel=KERNEL[suite], code=69, says=absent)
    result += both("lsm= without landlock", kernel=KERNEL[suite], code=69, says=absent, given="landlock-net,landlock-scope")
    result += both("lsm= without landlock", kernel=KERNEL[suite], given="landlock")
    return result


def by_systemd(suite):
    """Units on the running kernel, under the systemd of a release."""
    is_new = suite == "trixie"
    result = units(races=True) + with_harmless_options(is_new)
    result += with_proc_options(is_new)
    result += with_directories(is_new)
    result += with_namespace_options()
    result += with_call_filters(is_new)
    result += with_credentials(is_new)
    return result + with_restarts() + [Guide("the lines of the README", "user")]


def with_harmless_options(is_new):
    """Options under which all holds as without them, but for what outcomes.tsv has."""
    everywhere = [
        "NoNewPrivileges=yes", "UMask=0077", "KeyringMode=private", "RemoveIPC=yes", "TasksMax=64", "LimitNOFILE=128",
        "Delegate=yes", "RestrictRealtime=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
        "SystemCallArchitectures=native", "RestrictSUIDSGID=yes", "ProtectProc=invisible",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK", "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        "RestrictNamespaces=user mnt pid ipc uts cgroup", "ProtectSystem=full", "ProtectHome=yes", "PrivateTmp=yes",
        "ProtectControlGroups=yes", "PrivateIPC=yes", "ProcSubset=pid",
    ]
    # The user's own manager of 252 cannot take capabilities away (status 218, EXIT_CAPABILITIES), and leaves the network
    # as it is without a word.
    privileged = ["PrivateDevices=yes", "ProtectClock=yes", "PrivateNetwork=yes"]
    result = [row for option in everywhere for row in units(option)]
    result += [row for option in privileged for row in units(option, starts=STARTS if is_new else SYSTEM)]
    result += units("ProtectKernelModules=yes", starts=SYSTEM)
    # There the manager's user owns what covers the modules, and could change what the sandbox would take for the system's.
    covered = ('step "mount type=overlay lowerdir=/usr/lib/modules destination=/usr/lib/modules '
               f'options=["ro","nosuid","nodev"]" failed: {TEXTS["EPERM"]}: /usr/lib/modules: others than root can write it; '
               "remove what covers it from the unit, such as ProtectKernelModules= or InaccessiblePaths=")
    return result + units("ProtectKernelModules=yes", starts=["user manager"] * is_new, code=125, says=covered)


def with_proc_options(is_new):
    """Options that cover parts of /proc. Where the unit's old root stays in reach, as in 252, they do no harm."""
    def remove(options):
        return step_refused("proc", PROC, "EPERM", f"remove {options} from the unit: the sandbox's own /proc is closed in "
                            "the same places")

    result = []
    for option, name in [("ProtectKernelTunables=yes", "ProtectKernelTunables="), ("ProtectKernelLogs=yes",
                         "ProtectKernelLogs=")]:
        starts = SYSTEM if option == "ProtectKernelLogs=yes" and not is_new else STARTS
        result += units(option, starts=starts, **(dict(code=69, says=remove(name)) if is_new else {}))
    host_name = failed("sethostname name=mazelclaw-p", "EPERM", "remove ProtectHostname= from the unit, or let its "
                       "SystemCallFilter= hold sethostname: the sandbox has a host name of its own")
    # The user's own manager of 252 leaves out what it cannot do, without a word.
    result += units("ProtectHostname=yes", starts=STARTS if is_new else SYSTEM, code=69, says=host_name)
    return result


def with_directories(is_new):
    """ProtectSystem=strict leaves nothing writable but what the unit names."""
    def readonly(path):
        return (f"cannot lock {path}/registry.lock: {TEXTS['EROFS']}; let it be written: in a unit "
                "StateDirectory=mazelclaw-run, and ReadWritePaths= for what else it names")

    own = f"{HOME}/.local/state/mazelclaw"
    strict, writable = "ProtectSystem=strict", f"ReadWritePaths={HOME}"
    host = ["StateDirectory=mazelclaw-run"]
    return [
        Unit(strict, "root unit", [strict], code=125, says=readonly("/var/lib/mazelclaw-run")),
        *units(strict, starts=["User= unit"] + ["user manager"] * is_new, code=125, says=readonly(own)),
        Unit(" ".join([strict, *host, writable]), "root unit", [strict, *host, writable]),
        *units(strict, writable, starts=["User= unit", "user manager"]),
    ]


def with_namespace_options():
    """Options that forbid namespaces or what goes with them."""
    namespaces = failed("clone", "EPERM", "let RestrictNamespaces= of the unit name user, mnt, pid, ipc, uts and cgroup")
    families = failed("clone", "EAFNOSUPPORT", "let RestrictAddressFamilies= of the unit hold AF_UNIX, AF_INET, AF_INET6 "
                      "and AF_NETLINK")
    result = units("RestrictNamespaces=yes", code=69, says=namespaces)
    result += units("RestrictNamespaces=user mnt pid ipc uts", code=69, says=namespaces)
    return result + units("RestrictAddressFamilies=AF_INET AF_INET6", code=69, says=families)


def with_call_filters(is_new):
    """SystemCallFilter=, with and without an errno: without one the launcher or what it starts is killed."""
    landlock = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"
    whole = f"SystemCallFilter=@system-service @mount {landlock} seccomp pidfd_getfd kcmp sethostname"
    answer = "SystemCallErrorNumber=EPERM"
    calls = "landlock_create_ruleset, landlock_add_rule and landlock_restrict_self"
    hold = "let SystemCallFilter= of the unit hold"
    killed = ("a system call filter over the launcher killed a process of the sandbox (SIGSYS); "
              f"{hold} @system-service, @mount, {calls}, seccomp, pidfd_getfd, kcmp and sethostname, or set "
              f"{answer} to be told what is missing")
    no_landlock = refused("landlock", "landlock_create_ruleset(2) answers EPERM", f"{hold} {calls}")
    no_mount = failed("mount-private", "EPERM", f"{hold} @mount")
    no_descriptor = step_refused("broker", "notify", "EPERM", f"{hold} pidfd_open, pidfd_getfd, process_vm_readv and kcmp",
                                 ": pidfd_getfd(2) of the payload's process")
    # The filter is the payload's too, and would end the probe at its first attempt.
    result = units(whole, probes=False) + units(whole, answer)
    result += units("SystemCallFilter=~@mount", code=69, says=killed)
    result += units("SystemCallFilter=~@mount", answer, code=69, says=no_mount)
    result += units("SystemCallFilter=~pidfd_getfd", answer, code=69, says=no_descriptor)
    result += units("SystemCallFilter=~pidfd_getfd", answer, given="broker")
    result += units(f"SystemCallFilter=~{landlock}", answer, code=69, says=no_landlock)
    result += units(f"SystemCallFilter=~{landlock}", answer, given="landlock")
    # 252 counts the landlock calls to no group, and kills the launcher at its first; 159 is 128 and SIGSYS.
    result += units("SystemCallFilter=@system-service", **(dict(code=69, says=killed) if is_new else dict(code=159)))
    return result + units("SystemCallFilter=@system-service", answer, code=69, says=no_mount if is_new else no_landlock)


def with_credentials(is_new):
    """Options about users and capabilities."""
    become = f"cannot become user {USER_ID}: "
    capabilities = become + TEXTS["EPERM"] + "; let CapabilityBoundingSet= of the unit hold CAP_SETUID and CAP_SETGID, or " \
        "set User= and leave --user out"
    no_id = become + TEXTS["EINVAL"] + f"; remove PrivateUsers= from the unit: in its user namespace {USER_ID} is nobody's ID"
    dynamic = ["DynamicUser=yes", "StateDirectory=mazelclaw-p"]
    return [
        Unit("CapabilityBoundingSet=", "root unit", ["CapabilityBoundingSet="], code=69, says=capabilities),
        Unit("CapabilityBoundingSet=", "User= unit", ["CapabilityBoundingSet="]),
        # Root looks into other users' directories, to tell whether a bind leads there.
        *units("CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_DAC_READ_SEARCH", starts=SYSTEM),
        Unit("PrivateUsers=yes", "root unit", ["PrivateUsers=yes"], code=69, says=no_id),
        *units("PrivateUsers=yes", starts=["User= unit", "user manager"]),
        Unit(" ".join(dynamic), "dynamic user", dynamic, home="/var/lib/mazelclaw-p"),
    ]


@contextlib.contextmanager
def port_taken():
    """A host on which somebody else listens on the base port."""
    with socket.create_server(("127.0.0.1", PORTS["p"])):
        yield


def with_restarts():
    """RestartPreventExitStatus=2 69 78, as the README has it: what would fail again is not tried again."""
    result = []
    for start in STARTS:
        result += [
            Restart("Restart=on-failure, usage", start, ["true"], 2, False, more=["--no-such-option"]),
            Restart("Restart=on-failure, a guarantee is missing", start, ["true"], 69, False,
                    properties=["RestrictNamespaces=yes"]),
            Restart("Restart=on-failure, no such policy", start, ["true"], 78, False, more=["--policy", "none"]),
            Restart("Restart=on-failure, another program has the port", start, ["true"], 125, True,
                    setting=port_taken),
            Restart("Restart=on-failure, the payload fails", start, ["false"], 1, True),
        ]
    return result
