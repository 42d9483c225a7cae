import JSON
import Policy
import Testing

/// The unit that the launcher prints and `gateway install` writes.
@Suite struct ServiceUnitTests {
    private func unit(
        _ name: String = "rescue", _ scope: ServiceUnit.Scope = .user,
        launcher: String = "/usr/local/bin/mazelclaw-run",
        environment: [EnvironmentVariable] = [], _ change: (inout Profile) -> Void = { _ in }
    ) throws -> ServiceUnit {
        var profile = Profile(name: try #require(ProfileName(name)), basePort: 19789)
        change(&profile)
        return ServiceUnit(
            of: profile, scope: scope, launcher: try #require(AbsolutePath(launcher)), environment: environment,
            version: "1.2.3")
    }

    private func value(_ name: String, _ unit: ServiceUnit) -> String? {
        unit.sections.flatMap(\.directives).first { $0.name == name }?.value
    }

    @Test func `a user's unit is this text`() throws {
        let expected = """
            # Written by MazelClaw, which replaces this file when it is installed again.
            # Your own settings go into a drop-in, which stays: systemctl --user edit mazelclaw-gateway-rescue.service

            [Unit]
            Description=MazelClaw Gateway (profile: rescue, v1.2.3)
            StartLimitIntervalSec=5min
            StartLimitBurst=5

            [Service]
            Type=notify
            NotifyAccess=main
            ExecStart=/usr/local/bin/mazelclaw-run --profile rescue
            TimeoutStartSec=60
            WatchdogSec=30
            Restart=on-failure
            RestartSec=2
            RestartPreventExitStatus=2 69 78
            KillMode=mixed
            TimeoutStopSec=20
            NoNewPrivileges=yes
            UMask=0077
            KeyringMode=private
            LockPersonality=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            SystemCallArchitectures=native
            SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap
            SystemCallErrorNumber=EPERM
            RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
            RestrictNamespaces=user mnt pid ipc uts cgroup net

            [Install]
            WantedBy=default.target

            """
        #expect(try unit().text == expected)
    }

    @Test func `the host's unit is closed further where all that is written is root's`() throws {
        let own = try unit("rescue", .system) { $0.stateDirectory = AbsolutePath("/var/lib/mazelclaw-profiles/rescue") }
        #expect(value("ProtectSystem", own) == "strict")
        #expect(value("ProtectHome", own) == "yes")
        #expect(value("StateDirectory", own) == "mazelclaw-run mazelclaw-profiles")
        #expect(value("WantedBy", own) == "multi-user.target")
        let changes: [(inout Profile) -> Void] = [
            { $0.user = "ada" }, { $0.stateDirectory = AbsolutePath("/srv/rescue") },
            { $0.workspace = AbsolutePath("/home/ada/work") },
            { $0.binds = [BindMount(source: .root, destination: .root, isWritable: false)] },
        ]
        for change in changes {
            let elsewhere = try unit("rescue", .system, change)
            #expect(value("ProtectSystem", elsewhere) == "full")
            #expect(value("ProtectHome", elsewhere) == nil)
        }
    }

    @Test func `the host's unit hides no launcher`() throws {
        let elsewhere = try unit("rescue", .system)
        #expect(value("PrivateTmp", elsewhere) == "yes")
        #expect(value("ProtectHome", elsewhere) == "yes")
        #expect(value("PrivateTmp", try unit("rescue", .system, launcher: "/var/tmp/x/mazelclaw-run")) == nil)
        #expect(value("ProtectHome", try unit("rescue", .system, launcher: "/home/ada/mazelclaw-run")) == "read-only")
    }

    @Test(arguments: ServiceUnit.Scope.allCases)
    func `a profile with limits gets a cgroup to divide`(scope: ServiceUnit.Scope) throws {
        let limited = try unit("rescue", scope) { $0.limits.tasks = 64 }
        #expect(value("Delegate", limited) == "yes")
        #expect(value("ProtectControlGroups", limited) == nil)
        #expect(value("Delegate", try unit("rescue", scope)) == nil)
    }

    @Test func `only the variables that say where the profile is go into the unit`() throws {
        let variables = ["XDG_CONFIG_HOME=/tmp/a b%", "MAZELCLAW_GATEWAY_TOKEN=canary", "HOME=/root", "PATH=/bin"]
        let unit = try unit(environment: variables.compactMap(EnvironmentVariable.init(assignment:)))
        #expect(unit.text.contains("\nEnvironment=\"XDG_CONFIG_HOME=/tmp/a b%%\"\n"))
        #expect(!unit.text.contains("canary"))
        #expect(!unit.text.contains("PATH="))
    }

    @Test(arguments: [
        ("/opt/a b/mazelclaw-run", #""/opt/a b/mazelclaw-run""#), ("/opt/100%/run", "/opt/100%%/run"),
        (#"/opt/"\x/run"#, #""/opt/\"\\x/run""#), ("/opt/it's/run", #""/opt/it's/run""#),
    ])
    func `the launcher's path is one word, whatever is in it`(path: String, word: String) throws {
        #expect(value("ExecStart", try unit(launcher: path)) == "\(word) --profile rescue")
    }

    @Test func `a socket unit listens where the gateway does`() throws {
        var profile = Profile(name: try #require(ProfileName("rescue")), basePort: 19789)
        let text = SocketUnit(of: profile, version: "1.2.3").text
        #expect(SocketUnit.fileName(of: profile.name) == "mazelclaw-gateway-rescue.socket")
        #expect(text.contains("\nListenStream=127.0.0.1:19789\nListenStream=[::1]:19789\nBindIPv6Only=ipv6-only\n"))
        profile.bind = .lan
        #expect(
            SocketUnit(of: profile, version: "1").text
                .contains("\nListenStream=0.0.0.0:19789\nListenStream=[::]:19789\nBindIPv6Only"))
        profile.bind = try #require(BindScope("192.0.2.1"))
        #expect(SocketUnit(of: profile, version: "1").text.contains("\nListenStream=192.0.2.1:19789\n"))
        var service = try unit()
        service.hasSocket = true
        let expected = "\nRequires=mazelclaw-gateway-rescue.socket\nAfter=mazelclaw-gateway-rescue.socket\n"
        #expect(service.text.contains(expected))
    }

    // MARK: N17, N18

    @Test(arguments: [
        "default", "main", "Main", "node", "gateway", "service", "a-b", "a", "a--", "0", "9_-_", "mazelclaw-gateway",
        String(repeating: "x", count: 64),
    ])
    func `N17: a unit's name leads back to its profile and to no other`(text: String) throws {
        let name = try #require(ProfileName(text))
        let unit = ServiceUnit.name(of: name)
        #expect(ServiceUnit.profile(ofUnit: unit) == name)
        #expect(ServiceUnit.profile(ofUnit: unit + ".service") == name)
        // What systemd takes as the name of a unit (systemd.unit(5)), without an instance.
        #expect(unit.utf8.count + ".service".utf8.count < 256)
        #expect(!unit.contains("@"))
    }

    @Test(arguments: [
        "", "gateway", "mazelclaw", "mazelclaw-gatewayx", "mazelclaw-gateway-", "mazelclaw-gateway-default",
        "mazelclaw-gateway-DEFAULT", "mazelclaw-gateway--a", "mazelclaw-gateway-a.b", "mazelclaw-gateway-a@b.service",
        "mazelclaw-gateway-../x", "mazelclaw-gateway-a.socket", "x-mazelclaw-gateway",
    ])
    func `another unit's name is no profile's`(name: String) {
        #expect(ServiceUnit.profile(ofUnit: name) == nil)
    }
}
