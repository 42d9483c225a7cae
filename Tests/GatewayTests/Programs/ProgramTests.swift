import Foundation
import Policy
import Testing

@testable import Configuration
@testable import Gateway

extension Program {
    /// Runs it and returns everything it wrote.
    fileprivate func output() async throws -> (end: ProgramEnd, text: String) {
        let bytes = Shared<[UInt8]>([])
        let end = try await run { part in bytes.change { $0 += part } }
        return (end, String(decoding: bytes.value, as: UTF8.self))
    }
}

@Test func `a program gets its arguments, input, environment and directory, and nothing else`() async throws {
    let test = try TestProgram(#"echo "$1|$2"; cat; env; pwd; echo complaint >&2; exit 3"#)
    let (end, text) = try await test.program(["a b", ""], input: "in\n").output()
    #expect(end.status == .exited(3))
    #expect(end.errors == "complaint")
    #expect(text.hasPrefix("a b|\nin\n"))
    #expect(text.contains("PATH=/usr/bin:/bin\n"))
    #expect(!text.contains("HOME="))
    #expect(text.hasSuffix("\(test.directory.path)\n"))
}

@Test func `output is told while the program still runs`() async throws {
    let test = try TestProgram("echo one; while [ ! -e go ]; do sleep 0.01; done; echo two")
    let parts = Shared<[String]>([])
    _ = try await test.program().run { part in
        let text = String(decoding: part, as: UTF8.self)
        parts.change { $0.append(text) }
        if text == "one\n" { try test.directory.write("", to: "go") }
    }
    #expect(parts.value == ["one\n", "two\n"])
}

@Test func `megabytes come through whole, in both directions`() async throws {
    let test = try TestProgram("tee copy")
    let input = String(repeating: "0123456789abcde\n", count: 200_000)
    let (end, text) = try await test.program(input: input).output()
    #expect(end.isSuccess)
    #expect(text == input)
}

@Test func `a program that reads nothing of its input may end all the same`() async throws {
    let test = try TestProgram("exec 0<&-; echo done")
    let (end, text) = try await test.program(input: String(repeating: "x", count: 1 << 20)).output()
    #expect(end.isSuccess)
    #expect(text == "done\n")
}

@Test func `a program that writes without end is ended`() async throws {
    let test = try TestProgram("echo $$ > pid; exec cat /dev/zero")
    await #expect(throws: ProgramError.wroteTooMuch(limit: 1 << 20)) {
        try await test.program(limits: ProgramLimits(output: 1 << 20)).output()
    }
    try await #expect(isGone(test.number(in: "pid")))
}

@Test func `only the end of a long complaint is kept`() async throws {
    let test = try TestProgram("seq 1 100000 >&2; exit 1")
    let (end, _) = try await test.program(limits: ProgramLimits(errors: 100)).output()
    #expect(end.errors.utf8.count <= 100)
    #expect(end.errors.hasSuffix("\n100000"))
}

@Test func `a program that takes too long is ended with what it started`() async throws {
    let test = try TestProgram("sleep 1000 & echo $! > child; echo $$ > pid; wait")
    let limits = ProgramLimits(time: .seconds(2))
    await #expect(throws: ProgramError.tookTooLong(.seconds(2))) {
        try await test.program(limits: limits).output()
    }
    try await #expect(isGone(test.number(in: "pid")))
    try await #expect(isGone(test.number(in: "child")))
}

@Test func `a program that will not end on SIGTERM is killed, with children that will not either`() async throws {
    let test = try TestProgram(
        """
        trap '' TERM
        sh -c 'trap "" TERM; echo $$ > child; while :; do sleep 1; done' &
        echo $$ > pid
        while :; do sleep 1; done
        """)
    let limits = ProgramLimits(grace: .milliseconds(100))
    let run = Task { try await test.program(limits: limits).output() }
    let (pid, child) = (try await test.number(in: "pid"), try await test.number(in: "child"))
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    try await #expect(isGone(pid))
    try await #expect(isGone(child))
}

@Test func `a program asked to end may clean up first`() async throws {
    let test = try TestProgram("trap 'echo cleaned > state; exit 0' TERM; echo $$ > pid; while :; do sleep 0.01; done")
    let run = Task { try await test.program(limits: ProgramLimits(grace: .seconds(10))).output() }
    _ = try await test.number(in: "pid")
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    #expect(try test.directory.read("state") == "cleaned\n")
}

@Test func `what a program leaves in the background neither holds up its end nor survives it`() async throws {
    let test = try TestProgram("sleep 1000 & echo $! > child; echo answer")
    let (end, text) = try await test.program(limits: ProgramLimits(time: .seconds(60))).output()
    #expect(end.isSuccess)
    #expect(text == "answer\n")
    try await #expect(isGone(test.number(in: "child")))
}

@Test func `a signal that ends a program is told`() async throws {
    let test = try TestProgram("kill -SEGV $$")
    let (end, _) = try await test.program().output()
    #expect(end.status == .signalled(SIGSEGV))
    #expect("\(end.status)" == "was ended by signal 11")
}

@Test(arguments: ["no-such-program", "/no/such/program", "./program.txt"])
func `a program that is not there is named`(name: String) async throws {
    let test = try TestProgram("true")
    try test.directory.write("no program", to: "program.txt")
    var program = test.program()
    program.executable = name
    let expected = ProgramError.notFound(name)
    await #expect(throws: expected) { try await program.output() }
}

@Test func `a directory that is not there is named`() async throws {
    let test = try TestProgram("true")
    var program = test.program()
    program.workingDirectory = test.directory.path / "missing"
    let error = await #expect(throws: ProgramError.self) { try await program.output() }
    #expect("\(error.map(String.init(describing:)) ?? "")".contains("missing"))
}

@Test func `what the reader refuses ends the program`() async throws {
    struct Refusal: Error {}
    let test = try TestProgram("echo $$ > pid; echo one; sleep 1000")
    await #expect(throws: Refusal.self) { try await test.program().run { _ in throw Refusal() } }
    try await #expect(isGone(test.number(in: "pid")))
}

@Test func `what the kernel would cut off is refused`() async throws {
    let test = try TestProgram("echo ran")
    for change in [
        { $0.arguments = ["a\0b"] }, { $0.environment["A"] = "a\0b" }, { $0.environment["A\0B"] = "a" },
        { $0.environment["A=B"] = "a" }, { $0.environment[""] = "a" }, { $0.executable += "\0" },
    ] as [(inout Program) -> Void] {
        var program = test.program()
        change(&program)
        let refused = program
        let error = await #expect(throws: ProgramError.self) { try await refused.output() }
        guard case .notStarted = error else {
            Issue.record("\(String(describing: error))")
            continue
        }
    }
    try await #expect(test.program(["a=b", "-x"]).output().text == "ran\n")
}

@Test func `what secrets come from is inherited by no program`() {
    let secrets = KnownSecrets(
        texts: ["correct-horse", "short"], variables: ["SERVICE_KEY", "HOME"])
    let environment = [
        "HOME": "/home/correct-horse", "PATH": "/usr/bin:/bin", "SERVICE_KEY": "x", "COPY": "correct-horse",
        "OTHER": "battery", "WORD": "short", "MAZELCLAW_PROFILE": "main", "MAZELCLAW_GATEWAY_TOKEN": "t",
    ]
    let plain = ["HOME": "/home/correct-horse", "PATH": "/usr/bin:/bin", "OTHER": "battery", "WORD": "short"]
    #expect(ProcessEnvironment.forPrograms(environment, isAssigned: false, hiding: secrets) == plain)
    #expect(
        ProcessEnvironment.forPrograms(environment, isAssigned: true, hiding: secrets)
            == plain.merging(["MAZELCLAW_PROFILE": "main"]) { $1 })
}
