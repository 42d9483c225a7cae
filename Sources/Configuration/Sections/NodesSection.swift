/// `gateway.nodes`.
public struct NodesSection: ConfigurationSection {
    /// `browser`. Which device's browser is used.
    public var browser = Browser()
    /// `allowCommands`. Commands allowed beyond those of each platform.
    public var allowCommands: [String] = []
    /// `denyCommands`. Commands refused, whatever else allows them.
    public var denyCommands: [String] = []

    static let settings: [Setting<NodesSection>] = [
        Setting("browser", \.browser, "Which device's browser is used."),
        Setting("allowCommands", \.allowCommands, "Commands allowed beyond those of each platform."),
        Setting("denyCommands", \.denyCommands, "Commands refused, whatever else allows them."),
    ]

    /// `gateway.nodes.browser`.
    public struct Browser: ConfigurationSection {
        /// How the device is chosen.
        public enum DeviceChoice: String, SettingWord {
            case auto, manual, off
        }

        /// `mode`. auto: a device that offers one. manual: the one named. off: none.
        public var mode: DeviceChoice?
        /// `node`. The device, by id or name.
        public var node: String?

        static let settings: [Setting<Browser>] = [
            Setting("mode", \.mode, "auto: a device that offers one. manual: the one named. off: none."),
            Setting("node", \.node, "The device, by id or name."),
        ]
    }
}
