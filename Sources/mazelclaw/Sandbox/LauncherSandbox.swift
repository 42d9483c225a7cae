import Configuration
import Gateway
import Linux
import Policy
import SystemPackage

/// The sandbox of `mazelclaw-run`, as it is seen from inside.
struct LauncherSandbox: Confinement {
    /// The variable by which the launcher tells a process that it is in a sandbox, and that its variables were assigned to it.
    static let mark = "MAZELCLAW_SANDBOX"

    let profile: ProfileName
    let isSandboxed: Bool

    init(_ instance: Instance) {
        profile = instance.name
        isSandboxed = instance.isSandboxed
    }

    /// What the kernel says of this process now; all of it is unknown where /proc cannot be read.
    private var kernel: ProcessConfinement {
        do throws(Errno) {
            let text = try FileSystem.read("/proc/self/status", limit: 64 << 10)
            return ProcessConfinement(status: String(decoding: text, as: UTF8.self))
        } catch {
            return ProcessConfinement(status: "")
        }
    }

    var summary: String { summary(kernel) }

    private func summary(_ kernel: ProcessConfinement) -> String {
        guard isSandboxed else { return "none: this gateway was not started by mazelclaw-run" }
        return "started by mazelclaw-run; the kernel says: \(kernel.summary)"
    }

    var check: Check {
        guard isSandboxed else {
            return Check(
                .note, "no sandbox: start it with \(CommandText.text("mazelclaw-run", for: profile)) to have one")
        }
        let kernel = kernel
        return switch kernel.isConfined {
        case true?: Check(.fine, "in its sandbox: \(summary(kernel))")
        case false?: Check(.fault, summary(kernel))
        case nil: Check(.unseen, "the sandbox: /proc/self/status does not say")
        }
    }
}

extension InstanceSelection {
    /// Whether this process is in a sandbox: the launcher is the only one that assigns variables.
    var isSandboxed: Bool { isAssigned }
}

extension Instance {
    /// Whether this process is in the sandbox of this instance.
    var isSandboxed: Bool { selection.isSandboxed }
}
