import ArgumentParser
import Configuration
import Gateway
import Glibc
import JSON

/// `mazelclaw config set`: changes one value, and nothing else in the file.
struct ConfigSetCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set a value. Comments and formatting of the file stay as they are.",
        discussion: """
            VALUE is JSON5, or text when it is none. - reads it from standard input, where other users of this host \
            cannot see it. Put -- before a value that begins with a dash.
            """)

    @Argument(help: ArgumentHelp("Where.", valueName: "path"))
    var path: String

    @Argument(help: ArgumentHelp("What.", valueName: "value"))
    var value: String

    @Flag(help: "VALUE must be JSON5.")
    var json = false

    @OptionGroup var base: ConfigBase

    func run(in context: Context) async throws -> Int32 {
        try reportingFailure {
            let place = try ConfigurationPath(path)
            let store = ConfigurationStore(context.instance)
            let before = try store.snapshot()
            let after = try store.set(place, to: try parsed(for: place), base: base.value)
            Output.line("Updated \(path). \(ReloadPlan.effect(from: before, to: after))")
        }
    }

    private func parsed(for place: ConfigurationPath) throws -> JSON {
        let text = value == "-" ? try Self.standardInput() : value
        guard json else { return place.value(from: text) }
        do {
            return try JSON5Document(parsing: Array(text.utf8)).value
        } catch {
            let position = JSONPosition(offset: error.offset, in: Array(text.utf8))
            throw ConfigurationError.argument(flag: "VALUE", value: text, expected: "JSON5 (at \(position): \(error))")
        }
    }

    /// Everything on standard input, without the end of its last line.
    static func standardInput() throws -> String {
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            text += chunk[..<count]
            guard text.count <= 1 << 20 else {
                throw ConfigurationError.argument(flag: "-", value: "…", expected: "at most 1 MiB on standard input")
            }
        }
        while text.last == UInt8(ascii: "\n") || text.last == UInt8(ascii: "\r") { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Which version of the file a command changes.
struct ConfigBase: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Change nothing unless the file still has this hash, as config validate --json tells it.",
            valueName: "sha256"))
    var baseHash: String?

    /// Without a hash the change is made from whatever stands there.
    var value: ConfigurationBase { baseHash.map { .hash($0) } ?? .any }
}
