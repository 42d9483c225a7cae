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
        "Cage": Module(own: ["Enforcement", "JSON", "Linux", "Policy", "Profiles"], foreign: launcher),
        "mazelclaw-tool": Module(own: ["Cage"], foreign: launcher),
        "Profiles": Module(own: ["JSON", "Linux", "Policy"], foreign: launcher),

        "JSON": Module(own: [], foreign: values),
        "Policy": Module(own: ["JSON"], foreign: values),

        "Text": Module(own: [], foreign: .only(["Crypto"])),
        "Files": Module(own: ["Policy"], foreign: .only(["Glibc"])),
        "Time": Module(own: ["Files", "JSON", "Policy"], foreign: .only(["Glibc"])),
        "Configuration": Module(
            own: ["Files", "JSON", "Policy", "Text", "Time"], foreign: .only(["Crypto", "Glibc", "Synchronization"])),
        // The one module that knows SQL besides those of the gateway that keep something.
        "Storage": Module(
            own: ["Files", "JSON", "Policy", "Text", "Time"],
            foreign: .only(["Dispatch", "Glibc", "GRDB", "Synchronization"])),
        "GatewayProtocol": Module(own: ["JSON", "Policy", "Text", "Time"], foreign: .only(["Glibc"])),

        // The one module that opens connections to other hosts. It knows no sessions and no configuration.
        "ModelServices": Module(
            own: ["JSON", "Text", "Time"],
            foreign: .only(["AsyncHTTPClient", "Glibc", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL", "Synchronization"])
        ),

        // What models may have done, and the loop in which they do. Neither knows sessions, configuration or clients.
        "Tools": Module(own: ["JSON"], foreign: values),
        "AgentLoop": Module(own: ["JSON", "ModelServices", "Text", "Tools"], foreign: .only(["Synchronization"])),

        // Connections to messaging services. It knows no sessions, no methods and no configuration.
        "Channels": Module(
            own: ["Text", "Time"],
            foreign: .only(["Glibc", "NIOCore", "NIOPosix", "NIOSSL", "Synchronization"])),

        // Only GatewayServer listens. SystemPackage is there for its paths: swift-subprocess takes no others.
        "Gateway": Module(
            own: [
                "AgentLoop", "Channels", "Configuration", "Files", "GatewayProtocol", "JSON", "ModelServices", "Policy",
                "Storage", "Text", "Time", "Tools",
            ],
            foreign: .any(exceptPrefixes: ["AsyncHTTPClient", "NIO", "Hummingbird"])),
        "GatewayServer": Module(
            own: ["Configuration", "Files", "Gateway", "GatewayProtocol", "JSON", "Policy", "Storage", "Text", "Time"],
            foreign: .any(exceptPrefixes: ["System"])),
        // A client of Chromium that knows nothing of gateways.
        "DevTools": Module(
            own: ["JSON", "Text"],
            foreign: .only([
                "Dispatch", "Glibc", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL", "NIOWebSocket", "Synchronization",
            ])),
        // Control of browsers. It knows instances only by what it is told of one.
        "Browser": Module(
            own: ["DevTools", "Files", "JSON", "Policy", "Text"],
            foreign: .only(["Glibc", "NIOCore", "NIOHTTP1", "NIOPosix", "Synchronization"])),
        "mazelclaw": Module(
            own: [
                "Browser", "Configuration", "DevTools", "Files", "Gateway", "GatewayProtocol", "GatewayServer", "JSON",
                "Linux", "Policy", "Profiles", "Storage", "Text", "Time",
            ],
            foreign: .any(exceptPrefixes: [])),
    ]

    /// The folders of each module that has several, from the bottom up: one names types only of folders in layers below its
    /// own. Files beside the folders stand above them all.
    static let folders: [String: [[String]]] = [
        "Policy": [
            ["Denials", "Manual", "Values"], ["Ports", "Reading", "Terminal"],
            ["Host", "Seccomp", "ServiceManager", "Siblings"], ["Network"], ["Profile", "Sandbox"],
            ["Plan", "Services", "Tools"], ["Layers", "Matrix", "Questions"],
        ],
        "Enforcement": [
            ["CommandLine", "Errors", "Proofs", "ServiceManager"], ["Paths", "Terminal"],
            ["ControlGroups", "Host", "Plan"],
            ["Seccomp"], ["Broker", "Launch", "Proxy"], ["Run"], ["Doctor", "Matrix"],
        ],
        "Cage": [["CommandLine", "Operations"], ["Confinement"], ["Supervision"]],
        "JSON": [["JSON5"]],
        "Configuration": [["Instance", "Secrets"], ["Schema"], ["Reading", "Sections"], ["Writing"]],
        "GatewayProtocol": [["Schema"]],
        "ModelServices": [["Values"], ["Streams"], ["Formats"], ["Transport"]],
        "Channels": [["Values"], ["Admission", "Chunking"], ["Frame"], ["IRC"]],
        "Gateway": [
            [
                "Approvals", "Browser", "Concurrency", "Deliveries", "Limits", "Logs", "Mending", "Metrics", "Pairing",
                "Programs",
                "Sessions", "Setup", "TLS",
            ],
            ["Access", "Agents", "Repair"], ["Connections"], ["Nodes", "Responders", "Voice"], ["Runs"],
            ["AgentTools"], ["Conversation"], ["Messaging"],
            ["Cron", "Heartbeats"], ["Operator", "Reload"], ["Health"], ["Endpoints", "Import", "Methods"],
        ],
        "DevTools": [["Values"], ["Carriers", "Domains"], ["Connections"], ["Processes", "Targets"]],
        "Browser": [["Values"], ["Chromium", "Server", "Transfers"], ["Pages"], ["Service"]],
        "GatewayServer": [["Files", "Scarcity", "TLS", "Turns"], ["HTTP", "WebSocket"], ["Canvas", "Dashboard"]],
        "mazelclaw": [
            ["Browser", "Sandbox"], ["Client", "ServiceManager", "Services"], ["Status", "Terminal"],
            ["Repair", "Setup"],
            ["Import"],
            ["Onboarding"], ["Commands"],
        ],
        "mazelclaw-run": [["Commands"]],
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
