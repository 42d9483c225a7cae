import JSON
public import Time

/// `browser`: the browser agents use.
public struct BrowserSection: ConfigurationSection {
    /// `enabled`. Whether there is one.
    public var enabled = true
    /// `evaluateEnabled`. Whether agents may run scripts in pages.
    public var evaluateEnabled = false
    /// `cdpUrl`. The DevTools address of a browser that runs already.
    public var cdpURL: String?
    /// `remoteCdpTimeoutMs`. How long a remote browser may take to answer.
    public var remoteCDPTimeout = TimeSpan(1500, .milliseconds)
    /// `remoteCdpHandshakeTimeoutMs`; nil means twice the other, 2000 at least.
    public var remoteCDPHandshakeTimeout: TimeSpan?
    /// `color`. The colour of its window, so that people know whose it is: #FF4500 unless set.
    public var color: String?
    /// `executablePath`. The program. Without it: the first Chromium found.
    public var executablePath: String?
    /// `headless`. Run it without a window.
    public var headless = false
    /// `noSandbox`. Run it without its own sandbox, where user namespaces are not to be had.
    public var noSandbox = false
    /// `attachOnly`. Never start it; only use one that runs.
    public var attachOnly = false
    /// `defaultProfile`. The browser profile used when none is named.
    public var defaultProfile: String?
    /// `snapshotDefaults`. How pages are shown to agents.
    public var snapshotDefaults = SnapshotDefaults()
    /// `profiles`, by name.
    public var profiles: [String: Profile] = [:]

    static let settings: [Setting<BrowserSection>] = [
        Setting("enabled", \.enabled, "Whether there is one."),
        Setting("evaluateEnabled", \.evaluateEnabled, "Whether agents may run scripts in pages."),
        Setting("cdpUrl", \.cdpURL, "The DevTools address, http or ws, of a browser that runs already."),
        Setting(
            "remoteCdpTimeoutMs", \.remoteCDPTimeout, .milliseconds, .zero ... .longestWait,
            "How long a remote browser may take to answer."),
        Setting(
            "remoteCdpHandshakeTimeoutMs", \.remoteCDPHandshakeTimeout, .milliseconds, .zero ... .longestWait,
            "How long its WebSocket may take to open. Without it: twice the other, 2000 at least."),
        Setting("color", \.color, "The colour of its window, so that people know whose it is: #FF4500 unless set."),
        Setting("executablePath", \.executablePath, "The program. Without it: the first Chromium found."),
        Setting("headless", \.headless, "Run it without a window. Where there is no display that is so in any case."),
        Setting("noSandbox", \.noSandbox, "Run it without its own sandbox, where user namespaces are not to be had."),
        Setting("attachOnly", \.attachOnly, "Never start it; only use one that runs."),
        Setting("defaultProfile", \.defaultProfile, "The browser profile used when none is named."),
        Setting("snapshotDefaults", \.snapshotDefaults, "How pages are shown to agents."),
        Setting("profiles", \.profiles, .record(Profile.schema, names: .browserProfile), "Browser profiles, by name."),
    ]

    /// How pages are shown to agents when they do not say.
    public struct SnapshotDefaults: ConfigurationSection {
        /// How short.
        public enum Mode: String, SettingWord {
            case efficient
        }

        /// `mode`. efficient: what can be acted on, and at most 10000 characters. Without it: all of the page.
        public var mode: Mode?

        static let settings: [Setting<SnapshotDefaults>] = [
            Setting(
                "mode", \.mode,
                "efficient: what can be acted on, and at most 10000 characters. Without it: all of the page.")
        ]
    }

    /// One browser profile: a Chromium that is started and driven here, or one that runs elsewhere.
    public struct Profile: ConfigurationSection {
        /// What drives it. The original's own word is accepted and written.
        public enum Driver: String, SettingWord {
            case managed = "clawd"
            case `extension`
        }

        /// `cdpPort`. Its DevTools port. The host's profile file must list it too.
        public var cdpPort: UInt16?
        /// `cdpUrl`. Its DevTools address, when it runs elsewhere.
        public var cdpURL: String?
        /// `driver`. clawd: started and driven here. extension: through an extension.
        public var driver = Driver.managed
        /// `color`. The colour of its window.
        public var color = ""

        static let settings: [Setting<Profile>] = [
            Setting("cdpPort", \.cdpPort, "Its DevTools port. The host's profile file must list it too."),
            Setting("cdpUrl", \.cdpURL, "Its DevTools address, when it runs elsewhere."),
            Setting(
                "driver", \.driver,
                "clawd: started and driven here, over a pipe where no port is set. extension: through an extension, which is not served."
            ),
            Setting("color", \.color, .string(pattern: .color), "The colour of its window.").required,
        ]

        static let checks = [
            ObjectCheck { profile in
                // One that says that it is driven here is, over a pipe.
                profile["cdpPort"] == nil && profile["cdpUrl"] == nil && profile["driver"]?.string != "clawd"
                    ? ([], "Profile must set cdpPort or cdpUrl") : nil
            }
        ]
    }
}
