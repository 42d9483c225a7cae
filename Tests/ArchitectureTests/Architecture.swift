/// Which module may import which: the picture of the two columns, as data.
enum Architecture {
    /// A module of ours.
    struct Module {
        /// Our own modules it may import.
        let own: Set<String>
        /// What else it may import.
        let foreign: Foreign
    }

    /// Modules that are not ours.
    enum Foreign {
        /// These and no other.
        case only(Set<String>)
        /// Any package, but no module whose name begins so.
        case any(exceptPrefixes: [String])
    }

    /// The launcher's column starts no thread and is linked statically: no Foundation, no Dispatch, and no
    /// Synchronization, since there is nothing to synchronize.
    private static let launcher = Foreign.only(["Glibc", "SystemPackage"])
    private static let values = Foreign.only([])

    static let modules: [String: Module] = [
        "CCap": Module(own: [], foreign: values),
        "CLinux": Module(own: [], foreign: values),
        "CSeccomp": Module(own: [], foreign: values),
        "Linux": Module(own: ["CLinux"], foreign: launcher),
        "Enforcement": Module(
            own: ["CCap", "CLinux", "CSeccomp", "JSON", "Linux", "Policy", "Profiles"], foreign: launcher),
        "mazelclaw-run": Module(own: ["Enforcement", "JSON", "Linux", "Policy", "Profiles"], foreign: launcher),
        "Profiles": Module(own: ["JSON", "Linux", "Policy"], foreign: launcher),

        "JSON": Module(own: [], foreign: values),
        "Policy": Module(own: ["JSON"], foreign: values),

        // Only GatewayServer listens. SystemPackage is there for its paths: swift-subprocess takes no others.
        "Gateway": Module(own: ["JSON", "Policy"], foreign: .any(exceptPrefixes: ["NIO", "Hummingbird"])),
        "GatewayServer": Module(own: ["Gateway", "JSON"], foreign: .any(exceptPrefixes: ["System"])),
        "Channels": Module(own: ["Gateway", "JSON"], foreign: .any(exceptPrefixes: ["System"])),
        "Browser": Module(own: ["Gateway", "JSON"], foreign: .any(exceptPrefixes: ["System"])),
        "mazelclaw": Module(
            own: ["Browser", "Channels", "Gateway", "GatewayServer", "JSON", "Linux", "Policy", "Profiles"],
            foreign: .any(exceptPrefixes: [])),
    ]

    /// Whether `module` may import `imported`. Nothing may be imported by a module that is not in the picture.
    static func permits(_ module: String, importing imported: String) -> Bool {
        guard let module = modules[module] else { return false }
        if modules.keys.contains(imported) { return module.own.contains(imported) }
        return switch module.foreign {
        case .only(let names): names.contains(imported)
        case .any(let prefixes): !prefixes.contains { imported.hasPrefix($0) }
        }
    }
}
