import ArgumentParser
import Configuration
import Dispatch
import Gateway
import GatewayProtocol
import Glibc
import Linux
import Policy
import SystemPackage

/// `mazelclaw gateway try`: what `onboard` runs in a sandbox to see that an agent answers.
struct GatewayTryCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "try", abstract: "Start the gateway, say something to its agent, print the answer, and stop it.",
        shouldDisplay: false)

    @Argument(help: "What to say.")
    var words: [String]

    func run(in context: Context) async throws -> Int32 {
        let own = try FileSystem.readSymbolicLink("/proc/self/exe")
        let ends = try Spawn.pipe(for: own)
        let process: pid_t
        do {
            defer { ends.writer.discard() }
            process = try Spawn.start(
                [own, "--profile", context.instance.name.text, "gateway"], environment: Context.environment(),
                output: ends.writer.rawValue, errors: ends.writer.rawValue)
        }
        let reader = ends.reader.rawValue
        if let said = await Self.linesBeforeReady(of: reader) {
            Output.error(said)
            return Spawn.end(of: process)
        }
        // Nobody needs to know what else it says, but it must not have to wait for a reader.
        DispatchQueue.global().async { _ = Spawn.rest(of: reader) }
        defer {
            kill(process, SIGTERM)
            _ = Spawn.end(of: process)
        }
        let client = try await GatewayClient.connect(to: context, scopes: [.admin])
        let code: Int32
        do {
            var conversation = TerminalConversation(client: client, session: "main")
            code = try await conversation.say(words.joined(separator: " "))
        } catch {
            await client.close()
            throw error
        }
        await client.close()
        return code
    }

    /// Reads until the gateway says that it listens; returns what it said when it ended without.
    private static func linesBeforeReady(of reader: Int32) async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var said: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = read(reader, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    said += buffer.prefix(count)
                    guard !String(decoding: said, as: UTF8.self).contains("listening on ") else {
                        return continuation.resume(returning: nil)
                    }
                }
                continuation.resume(returning: String(decoding: said, as: UTF8.self))
            }
        }
    }
}
