import Glibc
import Linux
import SystemPackage

/// The Landlock domain that this process is in already, of another sandbox's or a unit's: the kernel tells of none, but it
/// stacks sixteen at most (landlock(7)).
enum OuterLandlock {
    /// How many domains lie over this process; 0 where there is none, or no Landlock.
    ///
    /// Found out by a child that puts itself under domains until there is no room for more.
    static var layers: Int {
        do {
            guard let child = try ChildProcess.clone([]) else { _exit(Int32(fill())) }
            defer { child.pidfd.discard() }
            guard case .exited(let free) = try child.wait(), (1...mostLayers).contains(Int(free)) else { return 0 }
            return mostLayers - Int(free)
        } catch {
            // Without a process to try in nothing is known, and the diagnosis names no domain.
            return 0
        }
    }

    private static let mostLayers = 16

    /// How many domains there was room for. What they deny, making sockets, does not matter to this process any more.
    private static func fill() -> Int {
        let makingSockets = Landlock.FileAccess(rawValue: 1 << 9)
        for count in 0..<mostLayers {
            do {
                try ProcessControl.setNoNewPrivileges()
                try Landlock(files: makingSockets, ports: [], scope: []).restrictSelf()
            } catch {
                return count
            }
        }
        return mostLayers
    }
}
