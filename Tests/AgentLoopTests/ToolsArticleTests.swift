import JSON
import Testing
import Time
import Tools

/// What the article "Write a tool" shows, line by line; ArchitectureTests compares the two.
@Suite struct ToolsArticleTests {
    struct ClockTool: Tool {
        let clock: WallClock

        var name: String { "clock" }
        var summary: String { "Tells the time of day in UTC." }
        var parameters: JSON { ["type": "object", "properties": ["seconds": ["type": "boolean"]]] }

        func call(_ arguments: JSONObject, in context: ToolContext) async throws -> ToolOutput {
            let text = RFC3339.text(clock.now)
            return ToolOutput(String(text.dropLast(arguments["seconds"]?.bool == true ? 5 : 8)))
        }
    }

    @Test func `a tool is put in a set and called by its name`() async throws {
        let tools = ToolSet([ClockTool(clock: WallClock { 1_764_576_000_000 })])
        #expect(tools["watch"] == nil)

        let context = ToolContext(callID: "c1", agentID: "main", sessionKey: "agent:main:main")
        let output = try await tools["clock"]?.call(["seconds": true], in: context)
        #expect(output == ToolOutput("2025-12-01T08:00:00"))
    }
}
