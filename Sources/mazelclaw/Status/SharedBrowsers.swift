import Configuration
import DevTools
import Policy
import Profiles
import Text

/// Browsers that this instance and another of this host both drive, as their configurations say: each would take the other's
/// tabs, and read what it does.
///
/// A port that two profile files list is refused already, where profiles are made and started.
struct SharedBrowsers {
    /// One sentence for each browser, which names both owners.
    let sentences: [String]

    /// Compares the instance of `context` with all others whose configuration this user can read. Finds none inside the sandbox,
    /// where the others are out of sight.
    init(_ context: Context) {
        let own = context.instance
        // What cannot be read is another command's to tell.
        guard let store = context.store, let others = try? store.others(than: own.name) else {
            sentences = []
            return
        }
        let browsers = Self.browsers(of: own)
        var sentences: [String] = []
        for other in others where !browsers.isEmpty {
            // The home directory of another user is not known.
            guard other.stateDirectory != nil || other.user == own.profile?.user,
                let instance = try? Self.instance(of: other, beside: own)
            else { continue }
            for theirs in Self.browsers(of: instance) {
                guard let ours = browsers.first(where: { $0.place == theirs.place }) else { continue }
                sentences.append(
                    "browser profile \"\(ours.name)\" of profile \"\(own.name)\" and browser profile \"\(theirs.name)\" of "
                        + "profile \"\(instance.name)\" drive one browser, at \(ours.shown): each takes the other's tabs. Give one of "
                        + "them another cdpUrl or cdpPort")
            }
        }
        self.sentences = sentences
    }

    /// The instance of `profile` for the same user.
    private static func instance(of profile: Profile, beside own: Instance) throws -> Instance {
        try Instance(
            selection: InstanceSelection(argument: profile.name, environment: own.selection.environment),
            profile: profile, home: own.home, workingDirectory: own.home)
    }

    /// A browser that an instance drives at an address.
    private struct Browser {
        /// The browser profile.
        var name: String
        /// Which browser it is: two that have the same are one.
        var place: String
        /// The address, without what may be secret.
        var shown: String
    }

    /// The browsers of `instance` that have addresses, by the names of their profiles.
    private static func browsers(of instance: Instance) -> [Browser] {
        guard let file = try? ConfigurationFile.load(for: instance),
            let section = try? GatewayConfiguration(instance: instance, file: file).content.browser, section.enabled
        else { return [] }
        // In a network of its own the loopback device is another for each.
        let isApart = instance.profile?.network.isOwn ?? false
        var browsers = browser("clawd", section.cdpURL, nil, isApart)
        for (name, profile) in section.profiles.sorted(by: { $0.key < $1.key }) where profile.driver == .managed {
            browsers += browser(name, profile.cdpURL, profile.cdpPort, isApart)
        }
        return browsers
    }

    private static func browser(_ name: String, _ url: String?, _ port: UInt16?, _ isApart: Bool) -> [Browser] {
        var address = port.map { DevToolsAddress(scheme: .http, host: "127.0.0.1", port: $0) }
        // What is no address is refused when it is used.
        if let url = url?.trimmed, !url.isEmpty { address = try? DevToolsAddress(url) }
        guard let address else { return [] }
        let isLocal = ["localhost", "127.0.0.1", "::1"].contains(address.host.lowercased())
        guard !isLocal || !isApart else { return [] }
        // Where a browser is asked for, and its WebSocket, lead to the same one. Elsewhere a path, a query and a password may
        // each mean another.
        let path = address.target.prefix { $0 != "?" }
        let isPlain = path == "/" || path.hasPrefix("/devtools/browser/")
        let rest =
            isLocal ? "" : (isPlain ? "" : path) + address.target.dropFirst(path.count) + (address.authorization ?? "")
        let host = isLocal ? "localhost" : address.host.lowercased()
        return [Browser(name: name, place: "\(host):\(address.port)\(rest)", shown: "\(address)")]
    }
}
