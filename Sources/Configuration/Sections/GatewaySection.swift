public import Text
public import Time

/// `gateway`: what this process listens on, whom it lets in, and how it takes over changes.
public struct GatewaySection: ConfigurationSection {
    /// Whether a gateway runs here or is reached elsewhere.
    public enum Site: String, SettingWord {
        case local, remote
    }

    /// The addresses to listen on.
    public enum Bind: String, SettingWord {
        case auto, lan, loopback, custom, tailnet
    }

    /// `port`, 1 to 65535.
    public var port: UInt16?
    /// `mode`. local: a gateway runs here. remote: one elsewhere is used. It starts only when local.
    public var mode: Site?
    /// `bind`; nil means loopback.
    public var bind: Bind?
    /// `customBindHost`. The IPv4 address to listen on when bind is custom.
    public var customBindHost: String?
    /// `auth`. How clients prove that they may connect.
    public var auth = AuthSection()
    /// `trustedProxies`: addresses whose forwarding headers are believed.
    public var trustedProxies: [String] = []
    /// `controlUi`. The page in the browser.
    public var controlUI = ControlUISection()
    /// `tailscale`. Reaching the gateway through a tailnet, which is set up outside of it.
    public var tailscale = TailscaleSection()
    /// `remote`. The gateway elsewhere that clients of this profile use.
    public var remote = RemoteSection()
    /// `reload`. How a running gateway takes over changes of the configuration.
    public var reload = ReloadSection()
    /// `tls`. Encryption on the gateway's port.
    public var tls = TLSSection()
    /// `http`. Endpoints beside the protocol.
    public var http = HTTPSection()
    /// `nodes`. What devices may be asked to do.
    public var nodes = NodesSection()

    static let settings: [Setting<GatewaySection>] = [
        Setting("port", \.port, "The base port. What the host assigned to the profile counts before it."),
        Setting(
            "mode", \.mode, "local: a gateway runs here. remote: one elsewhere is used. It starts only when local."),
        Setting("bind", \.bind, "The addresses to listen on. This version serves loopback only."),
        Setting("customBindHost", \.customBindHost, "The IPv4 address to listen on when bind is custom.").unserved,
        Setting("controlUi", \.controlUI, "The page in the browser."),
        Setting("auth", \.auth, "How clients prove that they may connect."),
        Setting(
            "trustedProxies", \.trustedProxies, .array(.string(pattern: .address)),
            "IP addresses of reverse proxies whose X-Forwarded-For is believed. What comes from there is never local."),
        Setting("tailscale", \.tailscale, "Reaching the gateway through a tailnet, which is set up outside of it."),
        Setting("remote", \.remote, "The gateway elsewhere that clients of this profile use.").unserved,
        Setting("reload", \.reload, "How a running gateway takes over changes of the configuration."),
        Setting("tls", \.tls, "Encryption on the gateway's port."),
        Setting("http", \.http, "Endpoints beside the protocol."),
        Setting("nodes", \.nodes, "What devices may be asked to do."),
    ]
}

/// `gateway.auth`: what a client must present in order to connect.
public struct AuthSection: ConfigurationSection {
    /// How a client proves it may connect.
    public enum SecretKind: String, SettingWord {
        case token, password
    }

    /// `mode`. What clients must have. Without it: password where one is set, else token.
    public var mode: SecretKind?
    /// `token`. The token all clients share. setup makes one.
    public var token: Secret?
    /// `password`. The password all clients share.
    public var password: Secret?
    /// `allowTailscale`. Let in whom a tailnet vouches for.
    public var allowTailscale: Bool?

    static let settings: [Setting<AuthSection>] = [
        Setting("mode", \.mode, "What clients must have. Without it: password where one is set, else token."),
        Setting("token", \.token, "The token all clients share. setup makes one."),
        Setting("password", \.password, "The password all clients share."),
        Setting("allowTailscale", \.allowTailscale, "Let in whom a tailnet vouches for.").unserved,
    ]
}

/// `gateway.controlUi`: whether and from where the page for the browser is served.
public struct ControlUISection: ConfigurationSection {
    /// `enabled`. Whether it is served.
    public var enabled = true
    /// `root`, as it was written.
    public var root: String?
    /// `basePath`. The path it is served under.
    public var basePath: String?
    /// `allowInsecureAuth`. Let it in by token alone, without a device.
    public var allowInsecureAuth = false
    /// `dangerouslyDisableDeviceAuth`. Ask it for no proof of its device at all.
    public var dangerouslyDisableDeviceAuth = false

    /// `basePath` without a slash at its end; empty when there is none.
    public var base: String { (basePath ?? "").split(separator: "/").map { "/\($0)" }.joined() }

    static let settings: [Setting<ControlUISection>] = [
        Setting("enabled", \.enabled, "Whether it is served."),
        Setting("root", \.root, "The directory of the files of another page than the gateway's own."),
        Setting("basePath", \.basePath, "The path it is served under."),
        Setting("allowInsecureAuth", \.allowInsecureAuth, "Let it in by token alone, without a device.").unserved,
        Setting(
            "dangerouslyDisableDeviceAuth", \.dangerouslyDisableDeviceAuth, "Ask it for no proof of its device at all."
        ).unserved,
    ]
}

/// `gateway.tailscale`: whether the gateway can be reached through a tailnet.
public struct TailscaleSection: ConfigurationSection {
    /// How far a tailnet reaches.
    public enum Exposure: String, SettingWord {
        case off, serve, funnel
    }

    /// `mode`. serve: within the tailnet. funnel: for the whole internet. Either makes names below ts.net this host's.
    public var mode = Exposure.off
    /// `resetOnExit`. Take it back when the gateway ends.
    public var resetOnExit = false

    static let settings: [Setting<TailscaleSection>] = [
        Setting(
            "mode", \.mode,
            "serve: within the tailnet. funnel: for the whole internet. Either makes names below ts.net this host's."),
        Setting("resetOnExit", \.resetOnExit, "Take it back when the gateway ends.").unserved,
    ]
}

/// `gateway.remote`: a gateway on another host, and the way there.
public struct RemoteSection: ConfigurationSection {
    /// The way there.
    public enum Transport: String, SettingWord {
        case ssh, direct
    }

    /// `url`. Its WebSocket address, ws:// or wss://.
    public var url: String?
    /// `transport`. The way there: directly, or through an SSH tunnel.
    public var transport: Transport?
    /// `token`. The token that the other gateway's clients share.
    public var token: Secret?
    /// `password`. The password that the other gateway's clients share.
    public var password: Secret?
    /// `tlsFingerprint`. SHA-256 of its certificate.
    public var tlsFingerprint: String?
    /// `sshTarget`. user@host of the tunnel.
    public var sshTarget: String?
    /// `sshIdentity`. The key file of the tunnel.
    public var sshIdentity: String?

    static let settings: [Setting<RemoteSection>] = [
        Setting("url", \.url, "Its WebSocket address, ws:// or wss://."),
        Setting("transport", \.transport, "The way there: directly, or through an SSH tunnel."),
        Setting("token", \.token, "Its token."),
        Setting("password", \.password, "Its password."),
        Setting("tlsFingerprint", \.tlsFingerprint, "SHA-256 of its certificate."),
        Setting("sshTarget", \.sshTarget, "user@host of the tunnel."),
        Setting("sshIdentity", \.sshIdentity, "The key file of the tunnel."),
    ]
}

/// `gateway.reload`: what a running gateway does when its configuration file changes.
public struct ReloadSection: ConfigurationSection {
    /// What becomes of a change.
    public enum Strategy: String, SettingWord {
        case off, restart, hot, hybrid
    }

    /// `mode`. hybrid: take over what can be while running, restart for the rest. hot: only the former. restart: always
    /// restart. off: never look.
    public var mode = Strategy.hybrid
    /// `debounceMs`. Milliseconds to wait for more changes before acting.
    public var debounce = TimeSpan(300, .milliseconds)

    static let settings: [Setting<ReloadSection>] = [
        Setting(
            "mode", \.mode,
            "hybrid: take over what can be while running, restart for the rest. hot: only the former. restart: always "
                + "restart. off: never look."),
        Setting(
            "debounceMs", \.debounce, .milliseconds, .zero ... .longestWait,
            "Milliseconds to wait for more changes before acting."),
    ]
}

/// `gateway.tls`. Open: other keys are left alone.
public struct TLSSection: ConfigurationSection {
    /// `enabled`. Whether the port speaks TLS, and nothing else.
    public var enabled = false
    /// `autoGenerate`. Make a certificate in the state directory when there is none, and certPath names none.
    public var autoGenerate = true
    /// `certPath`. The certificate and those that vouch for it, PEM. Never written.
    public var certPath: String?
    /// `keyPath`. Its key, PEM. Never written.
    public var keyPath: String?
    /// `caPath`. The authorities clients' certificates must come from. Refused by this version.
    public var caPath: String?

    static let settings: [Setting<TLSSection>] = [
        Setting("enabled", \.enabled, "Whether the port speaks TLS, and nothing else."),
        Setting(
            "autoGenerate", \.autoGenerate,
            "Make a certificate in the state directory when there is none, and certPath names none."),
        Setting("certPath", \.certPath, "The certificate and those that vouch for it, PEM. Never written."),
        Setting("keyPath", \.keyPath, "Its key, PEM. Never written."),
        Setting("caPath", \.caPath, "The authorities clients' certificates must come from. Refused by this version."),
    ]
    static let others: ConfigurationSchema? = .any
}
