import AgentLoop
import Foundation
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

/// A backend around a program of the test's.
private func backend(
    _ test: TestProgram, _ output: CLIBackendSection.Output = .text, environment: [String: String] = [:],
    _ change: (inout CLIBackendSection) -> Void = { _ in }
) -> CLIBackend {
    var section = CLIBackendSection()
    section.command = test.path
    section.output = output
    change(&section)
    return CLIBackend(id: "tool", section, environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 })
}

@Test func `a program's text is the answer, and is told as it grows`() async throws {
    let test = try TestProgram("echo one; while [ ! -e go ]; do sleep 0.01; done; echo \"two: $1\"; pwd")
    let steps = Shared<[String]>([])
    let reply = try await backend(test).answer(.test("hello", in: test.directory.path)) { event in
        guard case .text(let text) = event else { return }
        steps.change { $0.append(text) }
        if text == "one" { try? test.directory.write("", to: "go") }
    }
    #expect(reply.text == "one\ntwo: hello\n\(test.directory.path)")
    #expect(steps.value.first == "one")
    #expect(steps.value.last == reply.text)
    #expect(reply.provider == "tool")
}

@Test func `a conversation goes on in the program's own session`() async throws {
    let test = try TestProgram.python(
        """
        import json, sys
        known = sys.argv[1:-1]
        print(json.dumps({"result": " ".join(known) + ": " + sys.argv[-1], "session_id": "s-7",
                          "usage": {"input_tokens": 1, "output_tokens": 2}}))
        """)
    let backend = backend(test, .json) {
        $0.resumeArguments = ["resume", "{sessionId}"]
        $0.arguments = ["new"]
        $0.sessionArgument = "--session"
    }
    let first = try await backend.answer(.test("a", in: test.directory.path)) { _ in }
    #expect(first.text.hasPrefix("new --session "))
    #expect(first.providerSession == "s-7")
    #expect(first.usage?.output == 2)
    let second = try await backend.answer(.test("b", in: test.directory.path, providerSession: "s-7")) { _ in }
    #expect(second.text == "resume s-7: b")
}

@Test func `lines of JSON are put together while they come`() async throws {
    // Each line but the last waits until the one before was seen.
    let test = try TestProgram.python(
        """
        import json, os, sys, time
        for count, piece in enumerate(["Hel", "lo ", sys.stdin.read()]):
            while count > 0 and not os.path.exists(f"seen-{count}"): time.sleep(0.005)
            print(json.dumps({"delta": piece}), flush=True)
        """)
    let steps = Shared<[String]>([])
    let directory = test.directory.path
    let reply = try await backend(test, .jsonl) { $0.input = .stdin }.answer(.test("you", in: directory)) { event in
        guard case .text(let text) = event else { return }
        steps.change { $0.append(text) }
        _ = FileManager.default.createFile(atPath: "\(directory)/seen-\(steps.value.count)", contents: nil)
    }
    #expect(reply.text == "Hello you")
    #expect(steps.value.count >= 3)
}

@Test(arguments: [
    ("echo sorry >&2; exit 7", "exited with code 7: sorry"),
    ("echo on output; exit 1", "exited with code 1: on output"),
    ("kill -KILL $$", "was ended by signal 9"),
])
func `a program that fails is named with what it said`(text: String, reason: String) async throws {
    let test = try TestProgram(text)
    let error = CLIBackendError(backend: "tool", reason: reason, isTimeout: false)
    await #expect(throws: error) { try await backend(test).answer(.test("hi", in: test.directory.path)) { _ in } }
}

@Test func `a program that hangs is ended in time`() async throws {
    let test = try TestProgram("echo $$ > pid; sleep 1000")
    let turn = Turn.test("hi", in: test.directory.path, time: TimeSpan(200, .milliseconds))
    let error = await #expect(throws: CLIBackendError.self) { try await backend(test).answer(turn) { _ in } }
    #expect(error?.isTimeout == true)
    try await #expect(isGone(test.number(in: "pid")))
}

@Test func `a program sees the variables it is given, and not those taken from it`() async throws {
    let test = try TestProgram("env")
    let backend = backend(test, environment: ["KEPT": "1", "TAKEN": "2", "SET": "3"]) {
        $0.environment = ["SET": "4"]
        $0.clearedEnvironment = ["TAKEN", "SET"]
    }
    let lines = try await backend.answer(.test("hi", in: test.directory.path)) { _ in }.text.split(separator: "\n")
    #expect(lines.contains("KEPT=1"))
    #expect(lines.contains("SET=4"))
    #expect(!lines.contains { $0.hasPrefix("TAKEN=") })
}

@Test(arguments: [true, false])
func `a backend runs once at a time only when it must`(serialize: Bool) async throws {
    // Each run waits, for a while, until it sees another one beside it.
    let test = try TestProgram(
        """
        touch "in-$1"
        for i in $(seq 1 50); do
          [ $(ls in-* | wc -l) -gt 1 ] && echo together && exit
          sleep 0.02
        done
        rm "in-$1"
        echo alone
        """)
    let backend = backend(test) { $0.serialize = serialize }
    let answers = try await withThrowingTaskGroup(of: String.self) { group in
        for name in ["a", "b"] {
            group.addTask { try await backend.answer(.test(name, in: test.directory.path)) { _ in }.text }
        }
        return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers == (serialize ? ["alone", "alone"] : ["together", "together"]))
}

@Test func `a program is told a message as data, whatever it begins with`() async throws {
    let test = try TestProgram(#"for word in "$@"; do printf '[%s]' "$word"; done; printf '<%s>' "$(cat)""#)
    let backend = backend(test) { $0.arguments = ["--print"] }
    let directory = test.directory.path
    try await #expect(backend.answer(.test("--help", in: directory)) { _ in }.text == "[--print]<--help>")
    try await #expect(backend.answer(.test("help", in: directory)) { _ in }.text == "[--print][help]<>")
    let error = await #expect(throws: CLIBackendError.self) {
        try await backend.answer(.test("be\0fore", in: directory)) { _ in }
    }
    #expect(error?.reason.contains("NUL") == true)
}

@Test func `a program that names a session like an option is not told it`() async throws {
    let test = try TestProgram(#"echo '{"result": "hi", "session_id": "--exec=rm"}'"#)
    let backend = backend(test, .json) { $0.sessionArgument = "--session" }
    let reply = try await backend.answer(.test("a", in: test.directory.path)) { _ in }
    #expect(reply.providerSession != nil)
    #expect(reply.providerSession != "--exec=rm")
}
