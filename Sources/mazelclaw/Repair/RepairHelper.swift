import Gateway
import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// Runs this program again for one profile.
///
/// What is done in a profile's directories is so done as their user, by a process that has nothing of another profile
/// open; the one that asks the administrator touches neither.
struct RepairHelper {
    let profile: ProfileName
    let environment: [String: String]

    /// How long one step may take, in milliseconds.
    private static let patience: Int64 = 60_000
    /// How much one may say, in bytes.
    private static let limit = 8 << 20

    /// What `repair-target` says with `words`, given `input`, as it is. Throws `ServiceError` with what it complains of.
    func output(_ words: [String], input: [UInt8] = []) throws(ServiceError) -> [UInt8] {
        let (given, said, errors) = (
            try Spawn.pipe(for: "mazelclaw"), try Spawn.pipe(for: "mazelclaw"), try Spawn.pipe(for: "mazelclaw")
        )
        defer {
            said.reader.discard()
            errors.reader.discard()
        }
        let process: pid_t
        do {
            defer { for end in [given.reader, said.writer, errors.writer] { end.discard() } }
            process = try Spawn.start(
                try command(["repair-target"] + words), environment: environment, input: given.reader.rawValue,
                output: said.writer.rawValue, errors: errors.writer.rawValue,
                // Ctrl-C is for this process, and must cut no step short.
                isDetached: true)
        }
        // It reads all of it before it says anything. One that has ended is found out below.
        try? given.writer.writeEverything(input)
        given.writer.discard()
        let (output, complaints) = Self.everything(said.reader, errors.reader, of: process)
        let code = Spawn.end(of: process)
        guard code == 0 else {
            let text = String(decoding: complaints, as: UTF8.self).split(separator: "\n")
            let last = text.last { $0.hasPrefix("mazelclaw: ") }?.dropFirst(11) ?? text.last ?? "it said nothing"
            throw ServiceError("profile \"\(profile)\": \(ShownText.line(String(last))) (\(code))")
        }
        return output
    }

    /// The same, as JSON.
    func json(_ words: [String], input: [UInt8] = []) throws(ServiceError) -> JSON {
        guard let json = try? JSON(parsing: try output(words, input: input)) else {
            throw ServiceError("profile \"\(profile)\": what it said cannot be read")
        }
        return json
    }

    /// The command that runs this program with `words`.
    func command(_ words: [String]) throws(ServiceError) -> [String] {
        do throws(Errno) {
            return [try FileSystem.readSymbolicLink("/proc/self/exe"), "--profile", profile.text] + words
        } catch {
            throw ServiceError("this program cannot be found: \(error)")
        }
    }

    /// What comes from both ends until they are closed. A process that takes too long, or says too much, is killed.
    private static func everything(
        _ output: FileDescriptor, _ errors: FileDescriptor, of process: pid_t
    ) -> (output: [UInt8], errors: [UInt8]) {
        let end = MonotonicClock.microseconds + patience * 1000
        var said: [[UInt8]] = [[], []]
        var open = [true, true]
        while open.contains(true) {
            let left = max(0, end - MonotonicClock.microseconds) / 1000
            let places = [0, 1].filter { open[$0] }
            let interests = places.map { Readiness.Interest.reading($0 == 0 ? output : errors) }
            let ready = (try? Readiness.wait(for: interests, milliseconds: Int32(clamping: left))) ?? []
            if ready.isEmpty || said[0].count + said[1].count > limit {
                kill(process, SIGKILL)
                break
            }
            for entry in ready {
                let place = places[entry.index]
                let more = (try? (place == 0 ? output : errors).readSome(limit: 64 << 10)) ?? []
                if more.isEmpty { open[place] = false }
                said[place] += more
            }
        }
        return (said[0], said[1])
    }
}
