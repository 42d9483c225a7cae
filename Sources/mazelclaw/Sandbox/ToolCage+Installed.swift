import Configuration
import Gateway
import Linux
import Policy

extension ToolCage {
    /// The cages that the helper which came with this program makes; nil where there is none, and then no tools that need one.
    static func installed(for instance: Instance) -> ToolCage? {
        guard let own = (try? OwnProcess.executable()).flatMap(AbsolutePath.init) else { return nil }
        // A launcher shows the one by whose policy the host has it, whatever else is in sight.
        let directories = (instance.selection.isAssigned ? [PlanRequest.ownDirectory] : []) + [own.parent]
        let helper = directories.map { $0 / "mazelclaw-tool" }.first {
            (try? FileStatus(of: $0.text, follow: true)) != nil
        }
        return helper.map(ToolCage.init(helper:))
    }
}
