import Foundation
import Testing

@Test(arguments: ["bash", "zsh", "fish"])
func `a shell is told the commands and options`(shell: String) async throws {
    let command = try BuiltCommand()
    let script = try await command.run("completion", shell)
    #expect(script.code == 0)
    for word in ["--profile", "sessions", "search", "--follow"] where shell != "fish" || !word.hasPrefix("--") {
        #expect(script.output.contains(word), "\(word)")
    }
}

@Test func `bash completes a command, also behind a profile`() async throws {
    let command = try BuiltCommand()
    let script = try await command.run("completion", "bash").output
    try command.write(script, to: "completion")
    func complete(_ words: String...) async throws -> [Substring] {
        let shell = """
            . "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
            _mazelclaw "$1" "${@: -1}" "${@: -2:1}"; printf '%s\\n' "${COMPREPLY[@]}"
            """
        return try await command.shell(["/bin/bash", "-c", shell, "\(command.home)/completion"] + words).output
            .split(whereSeparator: \.isWhitespace)
    }
    #expect(try await complete("mazelclaw", "sess") == ["sessions"])
    #expect(try await complete("mazelclaw", "--profile", "rescue", "sess") == ["sessions"])
    #expect(try await complete("mazelclaw", "sessions", "sea") == ["search"])
}

@Test func `the manual has a page that tells every command, and mistakes none of their words for its own`()
    async throws
{
    let command = try BuiltCommand()
    let page = try await command.run("manual")
    #expect(page.code == 0)
    for word in ["sessions search", "cron add", "\\-\\-profile NAME", "gateway install"] {
        #expect(page.output.contains(word), "\(word)")
    }
    for line in page.output.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
        let requests = [".TH", ".SH", ".SS", ".PP", ".TP", ".nf", ".fi"]
        #expect(requests.contains(String(line.prefix(3))), "\(line)")
    }
}
