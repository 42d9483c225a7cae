import Testing

/// U: nested user namespaces, refused by the gateway's policy and budgeted by the browser's.
@Suite(.recorded) struct NestingTests {
    /// Children that each enter a user namespace and stay in it; prints how many did and what the rest got.
    private static let script = """
        import collections, ctypes, errno, os
        libc = ctypes.CDLL(None, use_errno=True)
        answers, report = os.pipe(), os.pipe()
        for _ in range(40):
            if os.fork() == 0:
                code = 0 if libc.unshare(0x10000000) == 0 else ctypes.get_errno()
                os.write(report[1], bytes([code]))
                os.read(answers[0], 1)
                os._exit(0)
        codes = collections.Counter(os.read(report[0], 1)[0] for _ in range(40))
        print({errno.errorcode.get(code, "made"): count for code, count in sorted(codes.items())})
        os.close(answers[1])
        """

    @Test(arguments: Starting.available)
    func `the gateway's policy lets none be made`(starting: Starting) throws {
        let end = try Host(starting).run(["/usr/bin/python3", "-c", Self.script])
        #expect(end.output == "{'EPERM': 40}\n", "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `the browser's policy lets as many be made as it says`(starting: Starting) throws {
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        let end = try Host(starting).run(["/usr/bin/python3", "-c", Self.script], options)
        // The kernel's own limit, not the filter's: the budget of policies/browser.json.
        #expect(end.output == "{'made': 32, 'ENOSPC': 8}\n", "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `inside a nested namespace nothing can be mounted and the budget not be raised`(starting: Starting) throws {
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        let script = """
            unshare -Ur sh -c 'id -u; mount -t tmpfs none /tmp; mount -o remount,rw /usr
            echo 99 > /proc/sys/user/max_user_namespaces; unshare -m true' 2>/dev/null
            unshare -Ur sh -c 'mount -t tmpfs none /tmp || unshare -m true || echo 99 > /proc/sys/user/max_user_namespaces' \
            2>/dev/null || echo refused
            """
        let end = try Host(starting).run(["sh", "-c", script], options)
        #expect(end.output == "0\nrefused\n", "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `inside a nested namespace the browser's helper can empty its root`(starting: Starting) throws {
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        // What Chromium's sandbox does: a root that nothing is in (chroot(2) to a directory of /proc).
        let script = """
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            uid = os.getuid()
            print(libc.unshare(0x10000000))
            open("/proc/self/setgroups", "w").write("deny")
            open("/proc/self/uid_map", "w").write(f"0 {uid} 1")
            print(libc.chroot(b"/proc/self/fdinfo"), libc.chdir(b"/"))
            try: os.listdir("/usr")
            except FileNotFoundError: print("nothing is left")
            """
        let end = try Host(starting).run(["/usr/bin/python3", "-c", script], options)
        #expect(end.output == "0\n0 0\nnothing is left\n", "\(end.errors)")
        let gateway = "import os; os.chroot('/proc/self/fdinfo')"
        #expect(try Host(starting).run(["/usr/bin/python3", "-c", gateway]).errors.contains("Operation not permitted"))
    }

    @Test(arguments: Starting.available)
    func `a nested network namespace has no packet filter to set`(starting: Starting) throws {
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        // NETLINK_NETFILTER is 12; IPT_SO_SET_REPLACE and IP6T_SO_SET_REPLACE are 64 of SOL_IP and SOL_IPV6.
        let script = """
            import ctypes, errno, socket
            libc = ctypes.CDLL(None, use_errno=True)
            print(libc.unshare(0x10000000 | 0x40000000))
            def show(act):
                try: act(); print("OK")
                except OSError as e: print(errno.errorcode[e.errno])
            show(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12))
            show(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
            for family, level in ((socket.AF_INET, 0), (socket.AF_INET6, 41)):
                show(lambda: socket.socket(family).setsockopt(level, 64, bytes(92)))
            show(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
            show(lambda: socket.socket().setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1))
            """
        let end = try Host(starting).run(["/usr/bin/python3", "-c", script], options)
        #expect(
            end.output == "0\nEPROTONOSUPPORT\nEPERM\nEPERM\nEPERM\nEPROTONOSUPPORT\nOK\n", "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `a netlink socket is made in the payload's own user namespace, and in no nested one`(starting: Starting) throws
    {
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        // RTM_GETLINK is 18, RTM_NEWLINK 16 (rtnetlink(7)); NLM_F_REQUEST | NLM_F_DUMP is 0x301, NLM_F_REQUEST | NLM_F_ACK |
        // NLM_F_CREATE 0x405. An answer of type 2 holds an error.
        let script = """
            import ctypes, errno, os, socket, struct, threading
            libc = ctypes.CDLL(None, use_errno=True)
            def netlink(kind=socket.SOCK_RAW): return socket.socket(socket.AF_NETLINK, kind, 0)
            def ask(s, kind, flags, attributes=b""):
                s.send(struct.pack("IHHII", 32 + len(attributes), kind, flags, 1, 0) + bytes(16) + attributes)
                answer = s.recv(65536)
                if struct.unpack("H", answer[4:6])[0] != 2: return "answered"
                return errno.errorcode.get(-struct.unpack("i", answer[16:20])[0], "made")
            kind = struct.pack("HH", 10, 1) + b"dummy\\0" + bytes(2)
            dummy = struct.pack("HH", 4 + len(kind), 18) + kind
            def show(act):
                try: print(act())
                except OSError as e: print(errno.errorcode[e.errno])
            before = netlink()
            show(lambda: [name for _, name in socket.if_nameindex() if name == "lo"])
            show(lambda: ask(netlink(socket.SOCK_DGRAM | socket.SOCK_CLOEXEC), 18, 0x301))
            show(lambda: ask(before, 16, 0x405, dummy))
            def thread(): show(lambda: ask(netlink(), 18, 0x301))
            # In a process of its own: while a second thread ends, no user namespace can be made (unshare(2), EINVAL).
            if os.fork() == 0:
                t = threading.Thread(target=thread); t.start(); t.join()
                os._exit(0)
            os.wait()
            print("nested", libc.unshare(0x10000000 | 0x40000000), flush=True)
            for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM, socket.SOCK_RAW | socket.SOCK_NONBLOCK):
                show(lambda: netlink(kind))
            if os.fork() == 0:
                show(netlink)
                os._exit(0)
            os.wait()
            # It sees the network it was made in, and has no right over it.
            show(lambda: ask(before, 18, 0x301))
            while True:
                # The rest of the list.
                if struct.unpack("H", before.recv(65536)[4:6])[0] == 3: break
            show(lambda: ask(before, 16, 0x405, dummy))
            """
        let end = try Host(starting).run(["/usr/bin/python3", "-u", "-c", script], options)
        let own = ["['lo']", "answered", "EPERM", "answered"]
        let nested = ["nested 0"] + Array(repeating: "EPROTONOSUPPORT", count: 4) + ["answered", "EPERM"]
        #expect(end.output.split(separator: "\n").map(String.init) == own + nested, "\(end.errors)")
        #expect(end.sentences.contains { $0.contains("refused make a netlink socket in a nested user namespace") })
        #expect(end.sentences.contains { $0.contains("EPROTONOSUPPORT, rule nested-netlink") })
    }

    @Test(arguments: Starting.available)
    func `a nested network namespace gets no device, and keeps its loopback`(starting: Starting) throws {
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        // SIOCSIFBR, SIOCADDDLCI, SIOCSIFVLAN, SIOCBRADDBR, SIOCADDTUNNEL; then SIOCGIFFLAGS and SIOCSIFFLAGS (netdevice(7)),
        // with IFF_UP, which is 1.
        let script = """
            import ctypes, errno, fcntl, socket, struct
            libc = ctypes.CDLL(None, use_errno=True)
            print("nested", libc.unshare(0x10000000 | 0x40000000), flush=True)
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for request in (0x8941, 0x8980, 0x8983, 0x89a0, 0x89f1):
                try: print(fcntl.ioctl(s, request, b"made0".ljust(64, bytes(1))) and "made")
                except OSError as e: print(errno.errorcode[e.errno])
            name = b"lo".ljust(16, bytes(1))
            flags = struct.unpack("16xH", fcntl.ioctl(s, 0x8913, name + bytes(2))[:18])[0]
            fcntl.ioctl(s, 0x8914, name + struct.pack("H", flags | 1))
            # The list by netlink is shut in here.
            names = [line.split(":")[0].strip() for line in open("/proc/self/net/dev").readlines()[2:]]
            print(names if flags & 1 == 0 else "up before")
            """
        let end = try Host(starting).run(["/usr/bin/python3", "-u", "-c", script], options)
        let refused = Array(repeating: "EPERM", count: 5)
        #expect(
            end.output.split(separator: "\n").map(String.init) == ["nested 0"] + refused + ["['lo']"], "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `newuidmap, where it is, maps nobody else`(starting: Starting) throws {
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        // Set-user-ID root or with a file capability outside; inside neither counts. Without it there is nothing to try,
        // and writing the map is refused all the same.
        let script = """
            unshare -U sh -c 'echo $$ > $MAZELCLAW_STATE_DIR/pid; sleep 100' & sleep 0.2
            while ! read pid < $MAZELCLAW_STATE_DIR/pid; do sleep 0.01; done
            newuidmap $pid 0 $(id -u) 1 1 100000 65536 2> /dev/null && echo mapped
            { echo 0 100000 65536 > /proc/$pid/uid_map; } 2> /dev/null && echo mapped
            cat /proc/$pid/uid_map; echo end; kill %1
            """
        let end = try Host(starting).run(["bash", "-c", script], options)
        #expect(end.output == "end\n", "\(end.errors)")
    }
}
