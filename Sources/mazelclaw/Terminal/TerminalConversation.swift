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

    /// Says `message` and writes the answer. Returns 0 when there is one, 130 when it was interrupted, and else 1.
    func say(_ message: String) async throws -> Int32 {
        let run = GatewayClient.newKey()
        let interrupts = await abortingOnInterrupt(run)
        defer { Self.stop(interrupts) }
        return try await exchange(message, run: run)
    }

    /// Goes on until /quit or the end of input.
    func converse(profile: ProfileName) async throws -> Int32 {
        let identity = try await client.call("agent.identity.get", ["sessionKey": .string(session)])
        let name = TerminalText.safe(identity["name"]?.string ?? "the agent")
        Output.line("\(name) of profile \"\(profile)\". /help shows what it knows, /quit ends.")
        while true {
            Output.part("> ")
            guard let line = await Self.nextLine() else {
                Output.line("")
                return 0
            }
            let words = line.filter { !$0.isWhitespace }
            if words.isEmpty { continue }
            if ["/quit", "/exit"].contains(words.lowercased()) { return 0 }
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

    // MARK: One exchange

    private func exchange(_ message: String, run: String) async throws -> Int32 {
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
        for await event in events {
            let text = event["message"]?["content"]?.array?.first?["text"]?.string ?? ""
            switch event["state"]?.string {
            case "delta": Self.write(text, after: &written)
            case "final":
                Self.write(text, after: &written)
                Output.line("")
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
