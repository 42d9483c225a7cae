import Dispatch
import Gateway
import Glibc
import JSON
import Policy
import UnixSignals

/// A conversation in a terminal: what is said goes to one session, answers are written while they come.
struct TerminalConversation {
    let client: GatewayClient
    /// The session's key, as clients write it.
    let session: String
    /// What is told of each answer after it.
    var detail = UsageText.Detail.off
    /// What the last answer took, as its message carries it.
    private var lastUsage: JSON?

    init(client: GatewayClient, session: String) {
        self.client = client
        self.session = session
    }

    /// Says `message` and writes the answer. Returns 0 when there is one, 130 when it was interrupted, and else 1.
    mutating func say(_ message: String) async throws -> Int32 {
        let run = GatewayClient.newKey()
        let interrupts = await abortingOnInterrupt(run)
        defer { Self.stop(interrupts) }
        return try await exchange(message, run: run)
    }

    /// Goes on until /quit or the end of input.
    mutating func converse(profile: ProfileName) async throws -> Int32 {
        let identity = try await client.call("agent.identity.get", ["sessionKey": .string(session)])
        let name = TerminalText.safe(identity["name"]?.string ?? "the agent")
        Output.line(
            "\(name) of profile \"\(profile)\". /help shows what it knows, /usage what an answer took, /quit ends.")
        if detail == .off { detail = try await keptDetail() }
        while true {
            Output.part("> ")
            guard let line = await Self.nextLine() else {
                Output.line("")
                return 0
            }
            let words = line.filter { !$0.isWhitespace }
            if words.isEmpty { continue }
            if ["/quit", "/exit"].contains(words.lowercased()) { return 0 }
            if words.lowercased().hasPrefix("/usage") {
                try await tellUsage(line)
                continue
            }
            let run = GatewayClient.newKey()
            let interrupts = await abortingOnInterrupt(run)
            defer { Self.stop(interrupts) }
            do {
                _ = try await exchange(line, run: run)
            } catch ClientError.failed(let reason) {
                Output.error(reason)
            }
        }
    }

    // MARK: What it took

    /// What the session wants told of each answer.
    private func keptDetail() async throws -> UsageText.Detail {
        do {
            let key = try await client.call("sessions.resolve", ["key": .string(session)])["key"]
            let list = try await client.call("sessions.list", ["includeGlobal": true])["sessions"]?.array ?? []
            return list.first { $0["key"] == key }?["responseUsage"]?.string.flatMap(UsageText.Detail.init) ?? .off
        } catch ClientError.failed {
            // There is no such session yet.
            return .off
        }
    }

    /// Does what `line` says: `/usage` alone tells of the last answer, and with a word it says what is told of each.
    private mutating func tellUsage(_ line: String) async throws {
        let words = line.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
        guard words.count > 1 else {
            return Output.line(UsageText.line(lastUsage, .full) ?? "No answer here has told yet what it took.")
        }
        guard words.count == 2, words[0] == "/usage", let detail = UsageText.Detail(rawValue: words[1]) else {
            return Output.line(
                "/usage tells what the last answer took; /usage tokens, full or off what is told of each.")
        }
        self.detail = detail
        do {
            _ = try await client.call(
                "sessions.patch", ["key": .string(session), "responseUsage": .string(detail.rawValue)])
        } catch ClientError.failed(let reason) {
            Output.error(TerminalText.safe(reason))
        }
    }

    // MARK: One exchange

    private mutating func exchange(_ message: String, run: String) async throws -> Int32 {
        let events = client.events(of: run)
        let answer = try await client.call(
            "chat.send",
            ["sessionKey": .string(session), "message": .string(message), "idempotencyKey": .string(run)])
        // A stop word starts nothing.
        guard answer["runId"] != nil else {
            Output.line(answer["aborted"] == true ? "stopped" : "there is nothing to stop")
            return 0
        }
        var written = ""
        var thoughts = FoldedThoughts()
        for await told in events {
            let event = told["payload"] ?? .null
            guard told["event"] == "chat" else {
                if event["stream"] == "thinking" { thoughts.grow(to: event["data"]?["text"]?.string ?? "") }
                continue
            }
            let text = (event["message"]?["content"]?.array ?? []).compactMap { part in
                part["type"] == "text" ? part["text"]?.string : nil
            }.joined()
            if !text.isEmpty || event["state"] != "delta" { thoughts.fold() }
            switch event["state"]?.string {
            case "delta": Self.write(text, after: &written)
            case "final":
                Self.write(text, after: &written)
                Output.line("")
                lastUsage = event["message"]?["usage"]
                if let line = UsageText.line(lastUsage, detail) { Output.line(line) }
                return 0
            case "aborted":
                Self.write(text, after: &written)
                Output.line("")
                Output.error("stopped")
                return 130
            default:
                if !written.isEmpty { Output.line("") }
                Output.error(TerminalText.safe(event["errorMessage"]?.string ?? "no answer"))
                return 1
            }
        }
        throw ClientError.closed("it went away before it answered")
    }

    /// Writes what is new of `text`. When that is not just longer, all of it again, on a line of its own.
    private static func write(_ text: String, after written: inout String) {
        guard text != written else { return }
        if text.utf8.starts(with: written.utf8) {
            Output.part(TerminalText.safe(String(Substring(text.utf8.dropFirst(written.utf8.count)))))
        } else {
            Output.part("\n" + TerminalText.safe(text))
        }
        written = text
    }

    /// From now on an interrupt ends the run, and no more than that.
    private func abortingOnInterrupt(_ run: String) async -> Task<Void, Never> {
        let interrupts = await UnixSignalsSequence(trapping: .sigint)
        return Task {
            for await _ in interrupts {
                // When it is over already, there is nothing to end.
                _ = try? await client.call("chat.abort", ["sessionKey": .string(session), "runId": .string(run)])
            }
        }
    }

    /// From now on an interrupt ends the command, as anywhere.
    private static func stop(_ interrupts: Task<Void, Never>) {
        interrupts.cancel()
        signal(SIGINT, SIG_DFL)
    }

    // MARK: Terminal

    /// The next line that is typed, without its end; nil when no more comes.
    static func nextLine() async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: readLine()) }
        }
    }
}

/// Text of others on a terminal.
enum TerminalText {
    /// `text` without control characters, which could move the cursor, hide what was said or type for the user.
    static func safe(_ text: String) -> String {
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
            safe.append(isControl ? "\u{FFFD}" : scalar)
        }
        return String(safe)
    }
}
