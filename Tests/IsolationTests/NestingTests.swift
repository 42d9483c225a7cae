import Testing

/// U: nested user namespaces, refused by the gateway's policy and budgeted by the browser's.
@Suite struct NestingTests {
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
}
