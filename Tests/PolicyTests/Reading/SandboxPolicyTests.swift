import Foundation
import Policy
import Testing

@Suite struct SandboxPolicyTests {
    /// Each fault, put into the shipped policy by replacing a piece of it, and what the error must say.
    static let faults: [(from: String, to: String, expected: String)] = [
        (#""hostname""#, #""hostnam""#, "hostname is missing"),
        (#""nestedUserNamespaces": 0"#, #""nestedUsernamespaces": 0"#, "did you mean \"nestedUserNamespaces\"?"),
        (#""noNewPrivileges": true"#, #""noNewPrivileges": false"#, "no policy can do without it"),
        (#"{ "type": "pid" },"#, "", "\"pid\" is missing"),
        (#"{ "type": "pid" }"#, #"{ "type": "time" }"#, "found \"time\""),
        (#""type": "proc""#, #""type": "sysfs""#, "found \"sysfs\""),
        (#""size=512m""#, #""size=lots""#, "found \"size=lots\""),
        (#""size=16m", "#, "", "a tmpfs needs a size"),
        (#""RLIMIT_CORE""#, #""RLIMIT_CORES""#, "RLIMIT_CORE"),
        (#"["gateway", "control", "cdp"],"#, #"["gateway", "controll"],"#, "found \"controll\""),
        (#"53, 80, 443"#, #"53, 80, 70000"#, "found 70000"),
        (#""udpPorts": 512"#, #""udpPorts": 0"#, "a whole number from 1 to 65535"),
        (#""listeners": 512"#, #""listeners": "many""#, "a whole number from 1 to 65535"),
        (#""abstract-unix-socket", "#, #""abstract", "#, "found \"abstract\""),
        (#""gateway.seccomp.json""#, #""../gateway.seccomp.json""#, "the name of a file beside this one"),
        (#""max=64""#, #""max=many""#, "max=N for a devpts, found \"max=many\""),
        (#""mode=1777""#, #""max=64""#, "found \"max=64\""),
        (#""user.max_inotify_watches""#, #""user.max_inotify_watchers""#, "found \"user.max_inotify_watchers\""),
        (
            #""user.max_inotify_watches": "16384""#, #""kernel.sysrq": "1""#,
            "expected one of user.max_inotify_instances"
        ),
        (#""user.max_inotify_instances": "64""#, #""user.max_inotify_instances": "0""#, "a number from 1 on"),
        (#""user.max_inotify_instances": "64""#, #""user.max_inotify_instances": 64"#, "expected a string"),
        (#""maskedPaths""#, #""maskedpaths""#, "did you mean \"maskedPaths\"?"),
    ]

    @Test(arguments: faults)
    func `a fault is named with its line`(from: String, to: String, expected: String) throws {
        let file = PlanFixture.repository.appending(path: "policies/gateway.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        let place = try #require(text.range(of: from))
        let broken = text.replacingCharacters(in: place, with: to)
        do {
            _ = try SandboxPolicy(file: "p.json", text: Array(broken.utf8))
            Issue.record("accepted")
        } catch {
            #expect(error.message.contains(expected), "\(error)")
            #expect(error.position != nil)
        }
    }

    @Test(arguments: ["gateway", "browser"]) func `a shipped policy is accepted`(name: String) throws {
        let policy = try PlanFixture.policy(name)
        #expect(policy.seccomp == "\(name).seccomp.json")
    }

    @Test func `the browser policy differs in what it says it differs in`() throws {
        var browser = try PlanFixture.policy("browser")
        let gateway = try PlanFixture.policy("gateway")
        #expect(browser.nestedUserNamespaces > 0)
        #expect(gateway.nestedUserNamespaces == 0)
        browser.file = gateway.file
        browser.seccomp = gateway.seccomp
        browser.nestedUserNamespaces = 0
        browser.limits = gateway.limits
        // Under it Chromium runs beside the gateway's own programs, in one sandbox.
        #expect(browser.siblings.isEmpty)
        browser.siblings = gateway.siblings
        #expect(browser == gateway)
    }
}
