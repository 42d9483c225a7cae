import Foundation
import Policy
import Testing

@testable import Gateway

private func names(in path: AbsolutePath) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: path.text))
}

@Test func `a new workspace has every file, and one that was lived in no first conversation`() throws {
    let directory = try TemporaryDirectory()
    let workspace = AgentWorkspace(directory.path / "agents/ops")
    try workspace.prepare(BootstrapSettings())
    #expect(
        try names(in: workspace.path) == [
            "AGENTS.md", "SOUL.md", "TOOLS.md", "IDENTITY.md", "USER.md", "HEARTBEAT.md", "BOOTSTRAP.md",
        ])
    #expect(workspace.isBootstrapPending)
    try FileManager.default.removeItem(atPath: (workspace.path / "BOOTSTRAP.md").text)
    try FileManager.default.removeItem(atPath: (workspace.path / "TOOLS.md").text)
    try directory.write("mine", to: "agents/ops/SOUL.md")
    try workspace.prepare(BootstrapSettings())
    #expect(!workspace.isBootstrapPending)
    #expect(try names(in: workspace.path).contains("TOOLS.md"))
    #expect(try directory.read("agents/ops/SOUL.md") == "mine")
}

@Test func `nothing is put into a workspace when that is not wanted`() throws {
    let directory = try TemporaryDirectory()
    let workspace = AgentWorkspace(directory.path / "w")
    try workspace.prepare(BootstrapSettings(isSkipped: true))
    #expect(try names(in: workspace.path).isEmpty)
}

@Test func `a system prompt holds the workspace's files, up to the limit`() throws {
    let directory = try TemporaryDirectory()
    try AgentWorkspace(directory.path).prepare(BootstrapSettings())
    try directory.write(String(repeating: "é", count: 500), to: "USER.md")
    try directory.write("  \n", to: "SOUL.md")
    try directory.write("remember", to: "MEMORY.md")
    let agent = Agent(id: "main", name: "Molly", workspace: directory.path)
    let text = SystemPrompt(agent: agent, sessionKey: "agent:main:main", extra: "Be brief.", limit: 100).text
    #expect(text.contains("\"main\" (Molly)"))
    #expect(text.contains("\(directory.path)"))
    #expect(text.contains("\n\nBe brief.\n\n"))
    #expect(
        text.contains("## USER.md\n\n\(String(repeating: "é", count: 100))\n\n[cut here: read the rest in USER.md]"))
    #expect(!text.contains("## SOUL.md"))
    #expect(text.contains("## MEMORY.md\n\nremember"))
}

@Test func `an agent started by another is told less`() throws {
    let directory = try TemporaryDirectory()
    try AgentWorkspace(directory.path).prepare(BootstrapSettings())
    let agent = Agent(id: "main", workspace: directory.path)
    let text = SystemPrompt(agent: agent, sessionKey: "agent:main:subagent:1", extra: nil, limit: 20_000).text
    #expect(text.contains("## AGENTS.md"))
    #expect(text.contains("## TOOLS.md"))
    #expect(!text.contains("## SOUL.md"))
}

@Test func `a pipe in the workspace holds up nobody`() throws {
    let directory = try TemporaryDirectory()
    #expect(mkfifo((directory.path / "SOUL.md").text, 0o600) == 0)
    #expect(AgentWorkspace(directory.path).text(of: "SOUL.md", limit: 10) == nil)
}
