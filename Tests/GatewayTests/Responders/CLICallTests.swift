import Testing

@testable import Configuration
@testable import Gateway

private func turn(session: String? = nil, model: String? = nil, message: String = "hi") throws -> Turn {
    Turn.test(message, model: model, systemPrompt: "prompt", providerSession: session)
}

private func section(_ change: (inout CLIBackendSection) -> Void) -> CLIBackendSection {
    var section = CLIBackendSection()
    section.arguments = ["-p"]
    change(&section)
    return section
}

@Test func `a message is the last argument`() throws {
    let call = try CLICall(section { _ in }, turn())
    #expect(call.arguments == ["-p", "hi"])
    #expect(call.input.isEmpty)
    #expect(call.output == .json)
}

@Test func `a message goes to standard input when the section says so, or it is too long`() throws {
    let stdin = try CLICall(section { $0.input = .stdin }, turn())
    #expect(stdin.arguments == ["-p"])
    #expect(stdin.input == "hi")
    let long = section { $0.maxPromptArgumentCharacters = 2 }
    #expect(try CLICall(long, turn(message: "hé")).arguments == ["-p", "hé"])
    #expect(try CLICall(long, turn(message: "hey")).input == "hey")
}

@Test func `a new session gets model, prompt and a session id`() throws {
    let section = section {
        $0.modelArgument = "--model"
        $0.modelAliases = ["big": "big-7"]
        $0.systemPromptArgument = "--system"
        $0.sessionArgument = "--session"
    }
    let call = try CLICall(section, turn(model: "big"), newSession: "n1")
    #expect(call.arguments == ["-p", "--model", "big-7", "--system", "prompt", "--session", "n1", "hi"])
    #expect(call.session == "n1")
}

@Test func `a session that goes on is resumed by arguments of its own`() throws {
    let section = section {
        $0.modelArgument = "--model"
        $0.sessionArgument = "--session"
        $0.resumeArguments = ["-p", "resume", "{sessionId}", "--id={sessionId}"]
        $0.resumeOutput = .text
    }
    let call = try CLICall(section, turn(session: "s1", model: "big"))
    #expect(call.arguments == ["-p", "resume", "s1", "--id=s1", "hi"])
    #expect(call.output == .text)
}

@Test func `a session that goes on without such arguments is named again`() throws {
    let section = section { $0.sessionArguments = ["--sid", "x-{sessionId}"] }
    #expect(try CLICall(section, turn(session: "s1")).arguments == ["-p", "--sid", "x-s1", "hi"])
}

@Test(arguments: [
    (CLIBackendSection.SessionMode.always, nil, ["--session", "n1"]), (.always, "s1", ["--session", "s1"]),
    (.existing, nil, []), (.existing, "s1", ["--session", "s1"]), (.none, nil, []), (.none, "s1", []),
])
func `the session is told as often as the mode says`(
    mode: CLIBackendSection.SessionMode, session: String?, arguments: [String]
) throws {
    let section = section {
        $0.sessionArgument = "--session"
        $0.sessionMode = mode
    }
    #expect(try CLICall(section, turn(session: session), newSession: "n1").arguments == ["-p"] + arguments + ["hi"])
}

@Test(arguments: [
    (CLIBackendSection.SystemPromptWhen.first, nil, true), (.first, "s1", false), (.always, "s1", true),
    (.never, nil, false),
])
func `the system prompt is given as often as the section says`(
    when: CLIBackendSection.SystemPromptWhen, session: String?, isGiven: Bool
) throws {
    let section = section {
        $0.systemPromptArgument = "--system"
        $0.systemPromptWhen = when
    }
    let call = try CLICall(section, turn(session: session))
    #expect(call.arguments.contains("prompt") == isGiven)
}

@Test func `pictures are arguments, or lines of the message`() throws {
    var turn = try turn()
    turn.images = ["/a.png", "/b.png"]
    #expect(
        try CLICall(section { $0.imageArgument = "-i" }, turn).arguments == [
            "-p", "-i", "/a.png", "-i", "/b.png", "hi",
        ])
    let list = section {
        $0.imageArgument = "-i"
        $0.imageMode = .list
    }
    #expect(try CLICall(list, turn).arguments == ["-p", "-i", "/a.png,/b.png", "hi"])
    #expect(try CLICall(section { _ in }, turn).arguments == ["-p", "hi\n\n/a.png\n/b.png"])
}

@Test(arguments: ["-v", "--version", "--", "-", "--output=/etc/passwd", "-\nhi"])
func `a message is never an option`(message: String) throws {
    let call = try CLICall(section { _ in }, turn(message: message))
    #expect(call.arguments == ["-p"])
    #expect(call.input == message)
    // Behind what ends the options it is an argument like any other.
    let ended = try CLICall(section { $0.arguments = ["-p", "--"] }, turn(message: message))
    #expect(ended.arguments == ["-p", "--", message])
    #expect(ended.input.isEmpty)
    // Which is not so when others come between.
    let model = section {
        $0.arguments = ["--"]
        $0.modelArgument = "--model"
    }
    #expect(try CLICall(model, turn(model: "m", message: message)).arguments == ["--", "--model", "m"])
    let inside = "say \(message)"
    #expect(try CLICall(section { _ in }, turn(message: inside)).arguments == ["-p", inside])
}

@Test func `neither a model nor a prompt nor a session is an option`() throws {
    let section = section {
        $0.modelArgument = "--model"
        $0.modelAliases = ["quick": "--fast"]
        $0.systemPromptArgument = "--system"
        $0.sessionArgument = "--session"
        $0.resumeArguments = ["resume", "{sessionId}"]
    }
    let fault = #expect(throws: CLICall.Fault.self) { try CLICall(section, turn(model: "--exec=x")) }
    #expect(fault?.text.hasPrefix(#"the model "--exec=x" begins with "-""#) == true)
    var prompted = try turn()
    prompted.systemPrompt = "-x"
    #expect(throws: CLICall.Fault.self) { try CLICall(section, prompted) }
    // What the configuration says is its own affair.
    #expect(try CLICall(section, turn(model: "quick"), newSession: "n").arguments.contains("--fast"))
    // A program that names its session like an option gets a new one.
    for session in ["--exec", "-", "", "a\0b"] {
        let call = try CLICall(section, turn(session: session), newSession: "n1")
        #expect(call.arguments == ["-p", "--system", "prompt", "--session", "n1", "hi"])
        #expect(!CLICall.isUsable(session: session))
    }
    #expect(try CLICall(section, turn(session: "s-1")).arguments == ["resume", "s-1", "hi"])
}

@Test func `a NUL character is refused, not cut`() throws {
    let section = section { $0.systemPromptArgument = "--system" }
    let fault = #expect(throws: CLICall.Fault.self) { try CLICall(section, turn(message: "before\0after")) }
    #expect(fault?.text.contains("NUL") == true)
    var prompted = try turn()
    prompted.systemPrompt = "a\0b"
    #expect(throws: CLICall.Fault.self) { try CLICall(section, prompted) }
    // Standard input takes every byte.
    var stdin = section
    stdin.input = .stdin
    #expect(try CLICall(stdin, turn(message: "before\0after")).input == "before\0after")
}
