import ArgumentParser
import Configuration
import Files
import Gateway
import Glibc
import JSON
import Linux
import Policy
import Profiles
import SystemPackage

/// `mazelclaw repair-target`: the parts of `repair` that act on the instance that is repaired, as its user.
struct RepairTargetCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair-target", abstract: "Do one step of `repair` to the instance that is repaired.",
        shouldDisplay: false)

    enum Operation: String, ExpressibleByArgument {
        case facts, plan, text, apply, restore, health
    }

    @Argument var step: Operation
    /// The hash of the configuration that the step is for.
    @Option var base: String?
    /// The hash of what the proposal makes of it.
    @Option var result: String?
    /// Whether there was no configuration file before.
    @Flag var absent = false

    func run(in context: Context) async throws -> Int32 {
        let store = ConfigurationStore(context.instance)
        switch step {
        case .facts: Output.line(try await facts(context, store).text())
        case .plan: Output.line(try plan(context, store).text())
        case .text:
            // As it is, valid or not, UTF-8 or not: what is put back must be what was there.
            let snapshot = try store.snapshot()
            let isSame = snapshot.hash == base
            let text = isSame ? snapshot.text.map { [Self.isThere] + $0 } ?? [Self.isAbsent] : [Self.isAnother]
            try FileDescriptor(rawValue: STDOUT_FILENO).writeEverything(text)
        case .apply: Output.line(try apply(store).text())
        case .restore:
            let isRestored = try store.restore(absent ? nil : try Self.input(), over: result ?? "")
            Output.line(JSON.object(["restored": .bool(isRestored)]).text())
        case .health: Output.line(try await health(context).text())
        }
        return 0
    }

    /// What the rescue may see. Standard input holds what the host says of the unit.
    private func facts(_ context: Context, _ store: ConfigurationStore) async throws -> JSON {
        let unit = String(decoding: try Self.input(), as: UTF8.self)
        let redaction: RepairRedaction
        do throws(StorageError) {
            redaction = try RepairRedaction(context.instance, store)
        } catch {
            // Nobody can tell what is secret.
            return [StagedRepair.File.doctor.rawValue: .string(ShownText.line("\(error)"))]
        }
        /// What cannot be found out is told in its place.
        func told(_ text: () throws -> String) -> JSON {
            do { return .string(redaction.text(try text())) } catch { return .string(redaction.text("\(error)")) }
        }
        var object: JSONObject = [
            StagedRepair.File.log.rawValue: told { try context.instance.endOfLog() },
            StagedRepair.File.doctor.rawValue: told { try InstanceDiagnosis(context).text },
        ]
        let health: String
        do {
            let report = try await StatusSurvey(context: context, timeout: 2000).report()
            health = "Health: \(report.health.word): \(report.health.detail)"
        } catch {
            health = "Health: \(error)"
        }
        object[StagedRepair.File.status.rawValue] = told { "\(health)\n\(unit)" }
        object[StagedRepair.File.configuration.rawValue] = try store.staged(by: redaction).map(JSON.string)
        return .object(object)
    }

    private func plan(_ context: Context, _ store: ConfigurationStore) throws -> JSON {
        do throws(RepairRefusal) {
            return ["plan": try store.plan(for: RepairProposal(parsing: try Self.proposal())).json]
        } catch {
            return ["refused": .string(try RepairRedaction(context.instance, store).text(error.description))]
        }
    }

    private func apply(_ store: ConfigurationStore) throws -> JSON {
        do throws(RepairRefusal) {
            try store.apply(RepairProposal(parsing: try Self.proposal()), over: base ?? "", making: result ?? "")
            return ["applied": true]
        } catch {
            return ["refused": .string(error.description)]
        }
    }

    /// Whether it answers, is ready, and goes by its configuration.
    private func health(_ context: Context) async throws -> JSON {
        let report = try await StatusSurvey(context: context, timeout: 2000).report()
        func told(_ isWell: Bool, _ detail: String) -> JSON { ["well": .bool(isWell), "detail": .string(detail)] }
        guard case .up(_, _, _, let configuration) = report.health else {
            return told(false, "\(report.health.word): \(report.health.detail)")
        }
        guard configuration != "refused" else {
            return told(false, report.health.configurationNote ?? "it does not take the configuration")
        }
        return told(true, report.health.detail)
    }

    private static func proposal() throws(RepairRefusal) -> [UInt8] {
        do { return try input() } catch { throw RepairRefusal("\(error)") }
    }

    private static func input() throws(Errno) -> [UInt8] {
        try FileDescriptor(rawValue: STDIN_FILENO).readEverything()
    }

    /// What the text of a file that is there begins with when the step `text` tells it.
    static let isThere = UInt8(ascii: "+")
    /// What it says where there is none.
    static let isAbsent = UInt8(ascii: "-")
    /// What it says where the file is not the one that was asked for.
    static let isAnother = UInt8(ascii: "!")
}
