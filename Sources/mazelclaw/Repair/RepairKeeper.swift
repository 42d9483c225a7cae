import Gateway
import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// The process that writes what the rescue may see into the rescue's state directory, and takes what it proposes from there.
/// When this process ends, however it does, it removes all of that and ends too.
final class RepairKeeper {
    /// What the process tells the one that asks the administrator.
    enum Message: Equatable {
        /// What was sent is staged.
        case staged
        /// The rescue proposes this.
        case proposal([UInt8])
        /// What stands where a proposal belongs is none.
        case unusable(String)
        /// It cannot go on.
        case failed(String)
        /// It has ended.
        case ended
    }

    /// Where it tells.
    let output: FileDescriptor
    private let input: FileDescriptor
    private let process: pid_t
    private var said: [UInt8] = []
    /// What it told while something else was waited for.
    private var held: [Message] = []

    /// Whether it has told something that nobody has heard.
    var holdsMessages: Bool { !held.isEmpty }

    /// Starts it for `rescue`. From `end` on, in seconds since 1970, nothing stays staged, whatever this process does.
    init(_ rescue: RepairHelper, until end: Int64) throws(ServiceError) {
        let (given, said) = (try Spawn.pipe(for: "mazelclaw"), try Spawn.pipe(for: "mazelclaw"))
        defer {
            given.reader.discard()
            said.writer.discard()
        }
        process = try Spawn.start(
            try rescue.command(["repair-keeper", "--until", "\(end)"]), environment: rescue.environment,
            input: given.reader.rawValue,
            output: said.writer.rawValue, errors: STDERR_FILENO, isDetached: true)
        input = given.writer
        output = said.reader
    }

    /// Has it stage `files`, and waits until they are. Throws `ServiceError`.
    func stage(_ files: [StagedRepair.File: String]) throws(ServiceError) {
        let members = files.map { JSONObject.Member(name: $0.key.rawValue, value: .string($0.value)) }
        send(["files": .object(JSONObject(members))])
        var isStaged = false
        while !isStaged {
            for message in told(milliseconds: 60_000) {
                switch message {
                case .staged: isStaged = true
                case .failed(let text): throw ServiceError(text)
                case .ended: throw ServiceError("the process that keeps the staged files has ended")
                // Taken just before.
                case .proposal, .unusable: held.append(message)
                }
            }
        }
    }

    /// Has it look for a proposal, and tell of one.
    func listen() { send(["listen": true]) }

    /// Has it remove everything, and waits for its end.
    func end() {
        input.discard()
        output.discard()
        _ = Spawn.end(of: process)
    }

    private func send(_ message: JSON) {
        // Whether it has ended is found out where it is waited for.
        try? input.writeEverything(message.serialized() + [UInt8(ascii: "\n")])
    }

    /// What it has told.
    func messages() -> [Message] {
        defer { held = [] }
        return held.isEmpty ? told(milliseconds: 0) : held
    }

    /// What comes next, waited for so long at most.
    private func told(milliseconds: Int32) -> [Message] {
        guard let ready = try? Readiness.wait(for: [.reading(output)], milliseconds: milliseconds), !ready.isEmpty
        else {
            return milliseconds == 0 ? [] : [.ended]
        }
        let more = (try? output.readSome(limit: 256 << 10)) ?? []
        guard !more.isEmpty else { return [.ended] }
        said += more
        var messages: [Message] = []
        while let end = said.firstIndex(of: UInt8(ascii: "\n")) {
            messages.append(Self.message(Array(said[..<end])))
            said.removeSubrange(...end)
        }
        return messages
    }

    private static func message(_ line: [UInt8]) -> Message {
        guard let json = try? JSON(parsing: line) else { return .ended }
        if json["staged"] == true { return .staged }
        if let text = json["proposal"]?.string { return .proposal(Array(text.utf8)) }
        if let text = json["unusable"]?.string { return .unusable(text) }
        return .failed(
            json["failed"]?.string ?? "the process that keeps the staged files says nothing that can be read")
    }
}
