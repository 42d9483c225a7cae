import ArgumentParser
import Gateway
import JSON
import Policy
import Profiles

/// `mazelclaw profiles list`: every profile, its port and who runs it.
struct ProfilesListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the profiles, with their base ports and who runs them.")

    @Flag(help: "Print JSON.")
    var json = false

    func enter(_ context: inout Context) throws {
        let store = try ProfilesCommand.store(context)
        guard let directories = context.lockDirectories else { return }
        let entries = try PortSurvey(directories: directories).entries.filter(\.isProfile)
        guard !json else {
            let list = entries.map { Self.json($0, file: store.file(of: $0.name)) }
            return Output.line(JSON.array(list).text(pretty: true))
        }
        guard !entries.isEmpty else { return Output.line("No profiles; `mazelclaw onboard` makes one.") }
        Output.table(
            entries.map { entry in
                let state = entry.holder.map { "runs (\($0))" } ?? entry.fault ?? "does not run"
                return [entry.name.text, "\(entry.ports.base)", state]
            })
    }

    func run(in context: Context) async throws -> Int32 { 0 }

    private static func json(_ entry: PortSurvey.Entry, file: AbsolutePath) -> JSON {
        [
            "name": .string(entry.name.text), "basePort": .integer(Int64(entry.ports.base)),
            "file": .string(file.text), "pid": entry.holder?.pid.map { .integer(Int64($0)) } ?? .null,
            "unit": entry.holder?.unit.map(JSON.string) ?? .null, "fault": entry.fault.map(JSON.string) ?? .null,
        ]
    }
}
