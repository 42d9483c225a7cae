import Linux
import Policy
import Profiles

/// Where systemd looks for the units of a scope (systemd.unit(5)).
struct UnitPlace {
    let scope: ServiceUnit.Scope
    /// Where an administrator's, or the user's, own units are: what is installed goes there.
    let directory: AbsolutePath
    /// Where else a unit may stand: a package's, or the administrator's for every user.
    private let others: [AbsolutePath]

    /// The place for the host's units.
    static let system = UnitPlace(
        scope: .system, directory: .root / "etc" / "systemd" / "system",
        others: ["usr/local/lib", "usr/lib", "lib"].map { .root / $0 / "systemd" / "system" })

    /// The place for the units of the user whose configuration is in `configuration` (`~/.config`).
    static func user(configuration: AbsolutePath) -> UnitPlace {
        UnitPlace(
            scope: .user, directory: configuration / "systemd" / "user",
            others: ["etc/xdg", "etc", "usr/local/share", "usr/share", "usr/local/lib", "usr/lib"]
                .map { .root / $0 / "systemd" / "user" })
    }

    /// The file of the unit `name`, where it is installed to.
    func file(_ name: String) -> AbsolutePath { directory / name }

    /// The file of the unit `name` that there is; nil when there is none.
    func existing(_ name: String) -> AbsolutePath? {
        ([directory] + others).map { $0 / name }.first { (try? FileStatus(of: $0.text)) != nil }
    }

    /// The administrator's drop-ins for the unit `name`, by name.
    func dropIns(_ name: String) -> [AbsolutePath] {
        let place = directory / "\(name).d"
        let entries = (try? FileSystem.entries(of: place.text)) ?? []
        return entries.filter { $0.hasSuffix(".conf") }.sorted().map { place / $0 }
    }
}
