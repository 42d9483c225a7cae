import Policy
import Testing

/// What is said of directives in a unit for the gateway.
@Suite struct UnitCheckTests {
    private func findings(_ lines: String, _ scope: ServiceUnit.Scope) -> [UnitFinding] {
        UnitCheck.findings(in: lines, scope: scope)
    }

    private func service(_ lines: String, _ scope: ServiceUnit.Scope) -> [UnitFinding] {
        findings("[Service]\n" + lines, scope)
    }

    @Test(arguments: ServiceUnit.Scope.allCases)
    func `nothing is said of our own unit`(scope: ServiceUnit.Scope) throws {
        let changes: [(inout Profile) -> Void] = [
            { _ in }, { $0.limits.tasks = 64 }, { $0.user = "ada" },
            {
                $0.user = "ada"
                $0.identity = .own
            },
        ]
        for change in changes {
            var profile = Profile(name: .default, basePort: 18789)
            change(&profile)
            let launcher = try #require(AbsolutePath("/usr/bin/mazelclaw-run"))
            let unit = ServiceUnit(of: profile, scope: scope, launcher: launcher, version: "1")
            #expect(findings(unit.text, scope) == [])
        }
    }

    @Test(arguments: [
        "IPAddressDeny=any", "SocketBindDeny=any", "RestrictFileSystems=ext4", "DeviceAllow=/dev/null",
        "ProtectHome=yes",
        "PrivateTmp=yes", "ReadWritePaths=%h", "ProcSubset=pid",
    ])
    func `what a user's manager passes over is inert there alone`(line: String) throws {
        let finding = try #require(service(line, .user).first)
        #expect(finding.kind == .inert)
        #expect(finding.directive == line)
        #expect(finding.line == 2)
        #expect(service(line, .system) == [])
    }

    @Test(arguments: [
        "User=ada", "DynamicUser=yes", "CapabilityBoundingSet=CAP_SETUID CAP_SETGID", "PrivateDevices=yes", "Nice=-5",
        "ProtectKernelModules=yes",
    ])
    func `what a user's manager cannot do breaks its unit`(line: String) {
        #expect(service(line, .user).map(\.kind) == [.breaks])
    }

    @Test(arguments: [
        "RestrictNamespaces=yes", "RestrictNamespaces=user mnt pid ipc uts", "RestrictNamespaces=~user",
        "RestrictAddressFamilies=AF_INET AF_INET6", "RestrictAddressFamilies=none",
        "RestrictAddressFamilies=~AF_NETLINK",
        "SystemCallFilter=~@mount", "SystemCallFilter=~@clock:EPERM pidfd_getfd", "SystemCallFilter=@system-service",
        "ProtectKernelTunables=yes", "ProtectKernelLogs=on", "ReadOnlyPaths=-/proc/sys", "ProtectHostname=true",
        "MemoryDenyWriteExecute=yes", "PrivateUsers=managed", "RestrictFileSystemAccess=exec", "Type=forking",
        "NotifyAccess=none", "KillMode=control-group", "KillMode=process", "ProtectSystem=strict",
        "RestartPreventExitStatus=2 78",
    ])
    func `what the launcher cannot work under is named, in both units`(line: String) throws {
        for scope in ServiceUnit.Scope.allCases {
            let finding = try #require(service(line, scope).first)
            #expect(finding.kind == .breaks)
            #expect(!finding.reason.isEmpty && !finding.remedy.isEmpty)
        }
    }

    @Test(arguments: [
        "PrivateUsers=yes", "CapabilityBoundingSet=", "CapabilityBoundingSet=~CAP_SETUID", "DynamicUser=yes",
    ])
    func `what takes root's rights away breaks the host's unit`(line: String) {
        #expect(service(line, .system).map(\.kind) == [.breaks])
    }

    @Test(arguments: [
        "RestrictNamespaces=no", "RestrictNamespaces=~net",
        "RestrictNamespaces=user mnt\nRestrictNamespaces=pid ipc uts cgroup",
        "RestrictNamespaces=user\nRestrictNamespaces=", "SystemCallFilter=~@clock @swap", "ProtectHostname=private",
        "ProtectKernelTunables=no", "KillMode=mixed", "Environment=TZ=Europe/Berlin",
        "User=ada\nCapabilityBoundingSet=", "User=ada\nPrivateUsers=yes", "Nice=5",
        "ProtectSystem=strict\nStateDirectory=mazelclaw-run mazelclaw-profiles", "RestartPreventExitStatus=2 69 78 99",
        "DynamicUser=yes\nStateDirectory=x\nEnvironment=HOME=%S/x", "; ProtectKernelTunables=yes", "# KillMode=process",
    ])
    func `what does no harm is passed over`(lines: String) {
        #expect(service(lines, .system) == [])
    }

    @Test func `targets of the host's are inert in a user's unit`() {
        let found = findings("[Unit]\nAfter=network-online.target\n[Install]\nWantedBy=multi-user.target\n", .user)
        #expect(found.map(\.line) == [2, 4])
        #expect(found.allSatisfy { $0.kind == .inert })
        #expect(findings("[Unit]\nAfter=network-online.target\n[Install]\nWantedBy=multi-user.target\n", .system) == [])
        #expect(findings("[Install]\nWantedBy=default.target\n", .system).map(\.kind) == [.inert])
    }

    @Test func `lines go on, comments do not count, and the last line that is not empty is named`() {
        let text = "[Service]\nRestrictNamespaces=user mnt \\\n# not pid\n  ipc uts cgroup\n\nRestrictNamespaces=net\n"
        let found = findings(text, .system)
        #expect(found.map(\.line) == [6])
        #expect(found.first?.reason.contains("those of pid") == true)
    }

    @Test func `what systemd passes over is named`() {
        let found = findings("Restart=no\n[Service]\nRestart on-failure\n", .user)
        #expect(found.map(\.line) == [1, 3])
        #expect(found.allSatisfy { $0.kind == .inert })
    }

    @Test func `what is quoted from a file moves no cursor`() {
        #expect(
            service("Type=forking\u{1b}[2J\nNotifyAccess=none\u{1b}", .user).allSatisfy { !"\($0)".contains("\u{1b}") })
    }
}
