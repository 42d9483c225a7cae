import Foundation
import Glibc
import JSON
import Testing

/// The unit that the launcher prints, as systemd reads it.
@Suite struct UnitTests {
    private static let isSystemdHere = Files.exists("/usr/bin/systemd-analyze")

    /// Runs systemd-analyze(1) on the unit for `scope` of a profile that nobody has.
    private func analyze(_ host: Host, _ scope: String, _ words: [String]) throws -> Running.Ended {
        let output = "\(host.root)/output"
        func run(_ command: [String]) throws -> Running.Ended {
            var setup = Running.Setup()
            // Nothing that leads away from where profiles are by default: it would stand in the unit.
            setup.environment = ["PATH": "/usr/bin:/bin", "HOME": host.home, "XDG_RUNTIME_DIR": output]
            return try Running(command.map { Array($0.utf8) }, files: output, setup).wait()
        }
        let text = try run([host.stage.launcher, "unit", "--profile", "nobodys", "--scope", scope])
        #expect(text.code == 0, "\(text.errors)")
        let file = "\(output)/mazelclaw-gateway-nobodys.service"
        try Files.write(text.output, to: file, mode: 0o644)
        return try run(["/usr/bin/systemd-analyze"] + words + [file])
    }

    @Test(.enabled(if: isSystemdHere, "systemd-analyze of the package systemd"), arguments: ["user", "system"])
    func `systemd finds nothing to remark on`(scope: String) throws {
        let host = try Host(Starting.available[0])
        let end = try analyze(host, scope, ["verify", "--man=no"] + (scope == "user" ? ["--user"] : []))
        #expect(end.code == 0)
        // Unknown names are a warning, and no failure.
        #expect(end.errors.isEmpty)
        #expect(end.output.isEmpty)
    }

    /// 4.0 of 10, or 4.2 where the launcher is in a directory for temporary files, as it is here. What is left counts against
    /// any launcher of sandboxes that starts as root: that it is root and becomes others, has the host's network, and makes
    /// namespaces and mounts. The sandbox inside is not looked at.
    @Test(.enabled(if: isSystemdHere, "systemd-analyze of the package systemd"))
    func `the host's unit is exposed no further than it must be`() throws {
        let host = try Host(Starting.available[0])
        let end = try analyze(host, "system", ["security", "--offline=yes", "--no-pager", "--threshold=42"])
        #expect(end.code == 0, "\(end.output)")
        #expect(end.output.contains("Overall exposure level"))
    }

    @Test func `a file is looked through, and the exit status tells`() throws {
        let host = try Host(Starting.available[0])
        let file = "\(host.root)/output/override.conf"
        try Files.write("[Service]\nRestrictNamespaces=yes\nIPAddressDeny=any\n", to: file, mode: 0o644)
        let user = try host.command(["unit", "--scope", "user", "--check", file])
        #expect(user.code == 1)
        #expect(user.output.split(separator: "\n").count == 2)
        #expect(user.output.hasPrefix("line 2: RestrictNamespaces=yes breaks the service: "))
        let system = try host.command(["unit", "--scope", "system", "--check", file, "--json"])
        #expect(system.code == 1)
        let findings = try JSON(parsing: Array(system.output.utf8)).array
        #expect(findings?.count == 1)
        #expect(findings?.first?["kind"]?.string == "breaks")
        try Files.write("[Service]\nNice=5\n", to: file, mode: 0o644)
        #expect(try host.command(["unit", "--check", file]).code == 0)
        let missing = try host.command(["unit", "--check", "/nowhere"])
        #expect(missing.code == 2)
        #expect(missing.errors.contains("/nowhere"))
    }
}
