import JSON
import Testing

@testable import Configuration
@testable import Gateway

@Suite struct ToolRulesTests {
    private func rules(_ json: JSON, agent: String = "main", provider: String? = nil, model: String? = nil) throws
        -> ToolRules
    {
        ToolRules(try #require(RootSection.reading(json)), agentID: agent, provider: provider, model: model)
    }

    @Test(
        arguments: [
            ([:], ["exec", "read", "agents_list"], []),
            (["profile": "full"], ["exec", "anything"], []),
            (["profile": "minimal"], ["session_status"], ["exec", "read"]),
            (["profile": "coding"], ["exec", "read", "grep", "image"], ["message", "browser"]),
            (["profile": "minimal", "alsoAllow": ["read"]], ["session_status", "read"], ["write"]),
            (["allow": ["group:fs"]], ["read", "apply_patch"], ["exec"]),
            (["allow": []], ["exec"], []),
            (["deny": ["bash"]], ["read"], ["exec"]),
            (["deny": ["*"]], [], ["read", "exec"]),
            (["allow": ["group:fs"], "deny": ["write"]], ["read"], ["write", "exec"]),
            (["allow": ["sessions_*"]], ["sessions_list"], ["session_status"]),
            (["allow": ["*_list"]], ["sessions_list"], ["read"]),
            (["allow": ["group:moltbot"]], ["read", "exec"], []),
        ] as [(JSON, [String], [String])])
    func `a tool is there when all rules permit it`(tools: JSON, permitted: [String], denied: [String]) throws {
        let rules = try rules(["tools": tools])
        for name in permitted { #expect(rules.permits(name), "\(name)") }
        for name in denied { #expect(!rules.permits(name), "\(name)") }
    }

    @Test func `an agent's rules narrow down what counts for all`() throws {
        let json: JSON = [
            "tools": ["deny": ["exec"]],
            "agents": ["list": [["id": "main"], ["id": "ops", "tools": ["allow": ["read", "exec"]]]]],
        ]
        #expect(try rules(json).permits("write"))
        #expect(try rules(json, agent: "ops").permits("read"))
        #expect(try !rules(json, agent: "ops").permits("write"))
        #expect(try !rules(json, agent: "ops").permits("exec"))
    }

    @Test func `an agent's profile stands in place of that for all`() throws {
        let json: JSON = [
            "tools": ["profile": "minimal"], "agents": ["list": [["id": "main", "tools": ["profile": "coding"]]]],
        ]
        #expect(try rules(json).permits("read"))
    }

    @Test func `a provider's rules count for its models alone, and a model's in their place`() throws {
        let json: JSON = [
            "tools": ["byProvider": ["local": ["deny": ["exec"]], "local/big": ["deny": ["write"]]]]
        ]
        #expect(try rules(json).permits("exec"))
        #expect(try rules(json, provider: "other", model: "big").permits("exec"))
        #expect(try !rules(json, provider: "local", model: "small").permits("exec"))
        #expect(try rules(json, provider: "local", model: "big").permits("exec"))
        #expect(try !rules(json, provider: "local", model: "big").permits("write"))
    }
}

@Suite struct OutputWindowTests {
    @Test func `short output is told whole, and of long output the beginning and the end`() {
        var window = OutputWindow(head: 4, tail: 4)
        window.append(Array("abcd".utf8))
        window.append(Array("efgh".utf8))
        #expect(window.text == "abcdefgh")
        for _ in 0..<100 { window.append(Array("xxxx".utf8)) }
        window.append(Array("yz".utf8))
        #expect(window.text == "abcd\n[402 bytes left out here]\nxxyz")
        #expect(window.count == 410)
    }
}
