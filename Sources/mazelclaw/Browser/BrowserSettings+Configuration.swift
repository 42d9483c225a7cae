import Browser
import Configuration
import Gateway
import Logging
import Policy
import Text
import Time

extension BrowserSettings {
    /// What `configuration` says of browsers. What cannot be done is logged and left out.
    init(_ configuration: GatewayConfiguration, logger: Logger) {
        let section = configuration.content.browser
        let ports = configuration.ports.value
        self.init(
            stateDirectory: configuration.instance.stateDirectory.value.text, controlPort: ports.control,
            environment: configuration.programEnvironment)
        isEnabled = section.enabled
        mayEvaluate = section.evaluateEnabled
        executable = Self.present(section.executablePath)
        isHeadless = section.headless
        hasNoSandbox = section.noSandbox
        attachesOnly = section.attachOnly
        snapshotMode = section.snapshotDefaults.mode?.rawValue
        remoteTimeout = section.remoteCDPTimeout.duration
        remoteHandshakeTimeout =
            section.remoteCDPHandshakeTimeout?.duration ?? max(.seconds(2), section.remoteCDPTimeout.duration * 2)
        uploadDirectories = [configuration.workspace.value.text]
        devToolsPorts = ports.cdp
        listedPorts = configuration.instance.profile?.cdpPorts ?? []
        let color = Self.color(section.color)
        profiles = [Self.managedProfile: Profile(address: Self.present(section.cdpURL), color: color)]
        // One that is driven through an extension is not driven here.
        let managed = section.profiles.filter { $0.value.driver == .managed }.sorted { $0.key < $1.key }
        var owners: [UInt16: String] = [:]
        for (name, profile) in managed {
            var port = profile.cdpPort
            if let asked = port, let owner = owners[asked] {
                logger.warning(
                    "two browser profiles have one cdpPort; the second browser is driven over a pipe",
                    metadata: ["cdpPort": "\(asked)", "first": "\(owner)", "second": "\(name)"])
                port = nil
            } else if let asked = port, !ports.cdp.contains(asked), !listedPorts.contains(asked) {
                logger.warning(
                    "a browser profile's cdpPort is none of this instance's ports; its browser is driven over a pipe",
                    metadata: ["browserProfile": "\(name)", "cdpPort": "\(asked)"])
                port = nil
            }
            if let port { owners[port] = name }
            profiles[name] = Profile(
                port: port, address: Self.present(profile.cdpURL), color: Self.color(profile.color))
        }
        Self.warn(ofSharedAddresses: profiles, logger)
        guard let chosen = Self.present(section.defaultProfile) else { return }
        guard profiles[chosen] != nil else {
            logger.warning(
                "browser.defaultProfile names no browser profile that is driven here",
                metadata: ["browserProfile": "\(chosen)", "used": "\(Self.managedProfile)"])
            return
        }
        defaultProfile = chosen
    }

    /// Two browser profiles that mean one browser take its tabs from each other.
    private static func warn(ofSharedAddresses profiles: [String: Profile], _ logger: Logger) {
        var owners: [String: String] = [:]
        for (name, profile) in profiles.sorted(by: { $0.key < $1.key }) {
            guard let address = profile.address else { continue }
            if let owner = owners[address] {
                logger.warning(
                    "two browser profiles have one cdpUrl, and share its browser",
                    metadata: ["first": "\(owner)", "second": "\(name)", "cdpUrl": "\(profile.shownAddress ?? "")"])
            } else {
                owners[address] = name
            }
        }
    }

    /// `text` without white space at its ends; nil when nothing is left.
    private static func present(_ text: String?) -> String? {
        guard let text = text?.trimmed, !text.isEmpty else { return nil }
        return text
    }

    /// `text` as six digits in upper case behind a number sign; the default when it is no colour.
    private static func color(_ text: String?) -> String {
        let digits = (text ?? "").drop { $0 == "#" }.uppercased()
        return digits.utf8.count == 6 && digits.allSatisfy(\.isHexDigit) ? "#\(digits)" : Profile.defaultColor
    }
}
