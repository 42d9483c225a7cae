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
        #expect(end.output == "0\nEPROTONOSUPPORT\nEPERM\nEPERM\nEPERM\nOK\nOK\n", "\(end.errors)")
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
