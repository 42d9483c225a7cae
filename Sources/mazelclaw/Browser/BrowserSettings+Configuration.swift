import Browser
import Configuration
import Gateway
import Logging
import Policy
import Text

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
        let color = Self.color(section.color)
        profiles = [Self.managedProfile: Profile(address: Self.present(section.cdpURL), color: color)]
        let permitted = configuration.instance.profile?.cdpPorts ?? []
        // One that is driven through an extension is not driven here.
        for (name, profile) in section.profiles where profile.driver == .managed {
            var port = profile.cdpPort
            if let asked = port, !ports.cdp.contains(asked), !permitted.contains(asked) {
                logger.warning(
                    "a browser profile's cdpPort is none of this instance's ports; its browser is driven over a pipe",
                    metadata: ["browserProfile": "\(name)", "cdpPort": "\(asked)"])
                port = nil
            }
            profiles[name] = Profile(
                port: port, address: Self.present(profile.cdpURL), color: Self.color(profile.color))
        }
        guard let chosen = Self.present(section.defaultProfile) else { return }
        guard profiles[chosen] != nil else {
            logger.warning(
                "browser.defaultProfile names no browser profile that is driven here",
                metadata: ["browserProfile": "\(chosen)", "used": "\(Self.managedProfile)"])
            return
        }
        defaultProfile = chosen
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
