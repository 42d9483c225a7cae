import JSON
public import Time

/// `browser`: the browser agents use.
public struct BrowserSection: ConfigurationSection {
    /// `enabled`.
    public var enabled = true
    /// `evaluateEnabled`.
    public var evaluateEnabled = true
    /// `cdpUrl`.
    public var cdpURL: String?
    /// `remoteCdpTimeoutMs`.
    public var remoteCDPTimeout = TimeSpan(1500, .milliseconds)
    /// `remoteCdpHandshakeTimeoutMs`; nil means twice the other, 2000 at least.
    public var remoteCDPHandshakeTimeout: TimeSpan?
    /// `color`.
    public var color: String?
    /// `executablePath`.
    public var executablePath: String?
    /// `headless`.
    public var headless = false
    /// `noSandbox`.
    public var noSandbox = false
    /// `attachOnly`.
    public var attachOnly = false
    /// `defaultProfile`.
    public var defaultProfile: String?
    /// `profiles`, by name.
    public var profiles: [String: Profile] = [:]

    static let settings: [Setting<BrowserSection>] = [
        Setting("enabled", \.enabled, "Whether there is one."),
        Setting("evaluateEnabled", \.evaluateEnabled, "Whether agents may run scripts in pages."),
        Setting("cdpUrl", \.cdpURL, "The DevTools address of a browser that runs already."),
        Setting(
            "remoteCdpTimeoutMs", \.remoteCDPTimeout, .milliseconds, .zero ... .longestWait,
            "How long a remote browser may take to answer."),
        Setting(
            "remoteCdpHandshakeTimeoutMs", \.remoteCDPHandshakeTimeout, .milliseconds, .zero ... .longestWait,
            "How long its WebSocket may take to open. Without it: twice the other, 2000 at least."),
        Setting("color", \.color, "The colour of its window, so that people know whose it is: #FF4500 unless set."),
        Setting("executablePath", \.executablePath, "The program. Without it: the first Chromium found."),
        Setting("headless", \.headless, "Run it without a window."),
        Setting("noSandbox", \.noSandbox, "Run it without its own sandbox, where user namespaces are not to be had."),
        Setting("attachOnly", \.attachOnly, "Never start it; only use one that runs."),
        Setting("defaultProfile", \.defaultProfile, "The browser profile used when none is named."),
        Setting(
            unserved: "snapshotDefaults", .object(["mode": .words("efficient")]), "How pages are shown to agents."),
        Setting("profiles", \.profiles, .record(Profile.schema, names: .browserProfile), "Browser profiles, by name."),
    ]

    /// One browser profile.
    public struct Profile: ConfigurationSection {
        /// What drives it. The original's own word is accepted and written.
        public enum Driver: String, SettingWord {
            case managed = "clawd"
            case `extension`
        }

        /// `cdpPort`.
        public var cdpPort: UInt16?
        /// `cdpUrl`.
        public var cdpURL: String?
        /// `driver`.
        public var driver = Driver.managed
        /// `color`.
        public var color = ""

        static let settings: [Setting<Profile>] = [
            Setting("cdpPort", \.cdpPort, "Its DevTools port. The host's profile file must list it too."),
            Setting("cdpUrl", \.cdpURL, "Its DevTools address, when it runs elsewhere."),
            Setting("driver", \.driver, "clawd: started and driven here. extension: through an extension."),
            Setting("color", \.color, .string(pattern: .color), "The colour of its window.").required,
        ]

        static let checks = [
            ObjectCheck { profile in
                profile["cdpPort"] == nil && profile["cdpUrl"] == nil ? ([], "Profile must set cdpPort or cdpUrl") : nil
            }
        ]
    }
}
