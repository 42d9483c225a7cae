import ArgumentParser
import Configuration
import Files
import Gateway
import Glibc
import JSON
import Linux
import SystemPackage

/// `mazelclaw repair-keeper`: the part of `repair` that acts in the rescue's state directory, as its user (`RepairKeeper`).
struct RepairKeeperCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair-keeper", abstract: "Stage what `repair` lets a rescue see.", shouldDisplay: false)

    /// How often it looks for a proposal and at the clock, in milliseconds.
    private static let interval: Int32 = 200

    /// From when on nothing stays staged, in seconds since 1970.
    @Option var until: Int64

    func run(in context: Context) async throws -> Int32 {
        // What asks for an end is for the process that started this: its end is this one's.
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
        var work = Work(staged: StagedRepair(stateDirectory: context.instance.stateDirectory.value))
        let input = FileDescriptor(rawValue: STDIN_FILENO)
        var heard: [UInt8] = []
        while true {
            if UTCTime.now >= until, !work.isOver { try work.end() }
            let wait = work.isOver ? -1 : Self.interval
            if try !Readiness.wait(for: [.reading(input)], milliseconds: wait).isEmpty {
                let more = try input.readSome(limit: 256 << 10)
                guard !more.isEmpty else { break }
                heard += more
                while let end = heard.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = Array(heard[..<end])
                    heard.removeSubrange(...end)
                    work.heed(try JSON(parsing: line))
                }
            }
            if work.isListening { work.look() }
        }
        try work.staged.clear()
        return 0
    }

    private struct Work {
        let staged: StagedRepair
        var isListening = false
        var isOver = false
        /// What was wrong with what stood there, while that stays so.
        var complaint: String?

        init(staged: StagedRepair) { self.staged = staged }

        mutating func end() throws(StorageError) {
            isListening = false
            isOver = true
            try staged.clear()
        }

        mutating func heed(_ message: JSON) {
            if message["listen"] == true { isListening = !isOver }
            guard let files = message["files"]?.object else { return }
            isListening = false
            var texts: [StagedRepair.File: String] = [:]
            for member in files.members {
                if let file = StagedRepair.File(rawValue: member.name) { texts[file] = member.value.string }
            }
            do throws(StorageError) {
                if !isOver { try staged.stage(texts) }
                tell(["staged": true])
            } catch {
                tell(["failed": .string("\(error)")])
            }
        }

        mutating func look() {
            do throws(StorageError) {
                let taken = try staged.takeProposal()
                complaint = nil
                guard let proposal = taken else { return }
                isListening = false
                guard let text = String(validating: proposal, as: UTF8.self) else {
                    return tell(["unusable": "the proposal is no UTF-8"])
                }
                tell(["proposal": .string(text)])
            } catch {
                let text = "\(error)"
                // What cannot be taken away is told of once.
                guard text != complaint else { return }
                complaint = text
                isListening = false
                tell(["unusable": .string(text)])
            }
        }

        private func tell(_ message: JSON) { Output.line(message.text()) }
    }
}
