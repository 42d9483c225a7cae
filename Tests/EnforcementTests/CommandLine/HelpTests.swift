import Enforcement
import Policy
import Testing

@Suite struct HelpTests {
    /// The options of the help's own list, each with whether it takes a value.
    private static let listed: [(name: String, takesValue: Bool)] = Help.text.split(separator: "\n")
        .filter { $0.hasPrefix("  --") }
        .map { line in
            let words = line.split(separator: " ")
            // A value's name is written in capitals, or is one of several words.
            let takesValue =
                words.count > 1 && line.dropFirst(2 + words[0].count).hasPrefix(" ")
                && !line.dropFirst(2 + words[0].count).hasPrefix("  ")
            return (String(words[0]), takesValue)
        }

    @Test func `every option that help lists is one, and takes a value where help says so`() throws {
        let values = [
            "--port": "20000", "--identity": "own", "--state-dir": "/x", "--workspace": "/x",
            "--workspace-overlay": "1m", "--bind": "/x", "--bind-ro": "/x", "--env": "A=b", "--status-fd": "3",
            "--allow-degraded": "broker", "--scope": "user",
        ]
        let commands = [
            "--follow": "denials", "--all": "ports", "--scope": "unit", "--check": "unit", "--output": "wrapper",
            "--junit": "verify",
        ]
        #expect(Self.listed.count > 20)
        for option in Self.listed {
            var words = [commands[option.name], option.name].compactMap { $0 }
            if option.takesValue { words.append(values[option.name] ?? "x") }
            do throws(Arguments.Fault) {
                _ = try Arguments(words.map { ByteString($0) })
            } catch {
                Issue.record("\(words): \(error.message)")
            }
        }
    }

    @Test func `every command that is not the matrix's own is listed, in the help and in the manual`() {
        let own: [Arguments.Action] = [.start, .probe, .help, .manual, .version]
        for action in Arguments.Action.allCases where !own.contains(action) {
            #expect(Help.text.contains("\n  \(action.rawValue) "), "\(action)")
            #expect(Help.manual.contains(action.rawValue), "\(action)")
        }
    }

    @Test func `help fits a terminal of 112 columns, and the page is one for man`() {
        for line in Help.text.split(separator: "\n")
        where !line.hasPrefix("Usage:") && !line.hasPrefix("       mazelclaw") {
            #expect(line.count <= 112, "\(line)")
        }
        #expect(Help.manual.hasPrefix(".TH"))
    }
}
