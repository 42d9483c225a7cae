/// `gateway.nodes`.
public struct NodesSection: ConfigurationSection {
    /// `browser`.
    public var browser = Browser()
    /// `allowCommands`.
    public var allowCommands: [String] = []
    /// `denyCommands`.
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

        /// `mode`.
        public var mode: DeviceChoice?
        /// `node`.
        public var node: String?

        static let settings: [Setting<Browser>] = [
            Setting("mode", \.mode, "auto: a device that offers one. manual: the one named. off: none."),
            Setting("node", \.node, "The device, by id or name."),
        ]
    }
}
