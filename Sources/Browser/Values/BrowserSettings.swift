/// What an instance says of its browser control.
package struct BrowserSettings: Sendable, Equatable {
    /// One browser profile: a browser with user data of its own.
    package struct Profile: Sendable, Equatable {
        /// The port at which others may drive it too; nil for none, which is the safe choice: DevTools have no password.
        package var port: UInt16?
        /// Where it runs already; nil for one that is started here.
        package var address: String?
        /// The colour it is known by: `#FF4500`.
        package var color: String

        /// A browser profile.
        package init(port: UInt16? = nil, address: String? = nil, color: String = Self.defaultColor) {
            (self.port, self.address, self.color) = (port, address, color)
        }

        /// Where it is reached, as it may be shown: without what lets one in.
        package var shownAddress: String? {
            guard let address else { return port.map { "http://127.0.0.1:\($0)" } }
            var shown = String(address.prefix { $0 != "?" && $0 != "#" })
            guard let mark = shown.firstRange(of: "://") else { return shown }
            let end = shown[mark.upperBound...].firstIndex(of: "/") ?? shown.endIndex
            if let at = shown[mark.upperBound..<end].lastIndex(of: "@") { shown.removeSubrange(mark.upperBound...at) }
            return shown
        }

        /// The colour of one that has none of its own.
        package static let defaultColor = "#FF4500"
    }

    /// Whether there is any browser control. Default true.
    package var isEnabled = true
    /// Whether scripts of whoever asks are run in pages. Default false.
    package var mayEvaluate = false
    /// The program; nil for the first Chromium that is found.
    package var executable: String?
    /// Whether to run it without a window. Where there is no display that is so in any case. Default false.
    package var isHeadless = false
    /// Whether to run it without its own sandbox. Default false.
    package var hasNoSandbox = false
    /// Whether to start none, and only use those that run. Default false.
    package var attachesOnly = false
    /// The browser profile that is meant when none is named.
    package var defaultProfile = Self.managedProfile
    /// The browser profiles by name.
    package var profiles: [String: Profile] = [Self.managedProfile: Profile()]
    /// The port of the control service, which is told in the status.
    package var controlPort: UInt16
    /// The instance's state directory, an absolute path.
    package var stateDirectory: String
    /// The variables that the browser inherits.
    package var environment: [String: String]
    /// Directories whose files may be given to pages, beside the instance's own media and downloads. Absolute paths.
    package var uploadDirectories: [String] = []
    /// The largest download, in bytes. Default 1 GiB.
    package var downloadLimit: Int64 = 1 << 30
    /// How short snapshots are when a request does not say: `efficient`, or nil for whole. Default nil.
    package var snapshotMode: String?
    /// How long a browser may take to show that it lives before it is taken for hung. Default 10 s.
    package var patience: Duration = .seconds(10)
    /// The DevTools ports of this instance, of which a new browser profile gets one that asks for one. Default none.
    package var devToolsPorts: ClosedRange<UInt16>?
    /// DevTools ports outside of these that the host gives it too. Default none.
    package var listedPorts: [UInt16] = []
    /// How long a browser that runs elsewhere may take to answer. Default 1.5 s.
    package var remoteTimeout: Duration = .milliseconds(1500)
    /// How long its WebSocket may take to open. Default 3 s.
    package var remoteHandshakeTimeout: Duration = .seconds(3)

    /// The browser profile that there always is. Clients of the original know it by this name.
    package static let managedProfile = "clawd"

    /// Whether `other` says the same of everything but which browser profiles there are.
    func isSame(exceptForProfiles other: BrowserSettings) -> Bool {
        var copy = other
        (copy.profiles, copy.defaultProfile) = (profiles, defaultProfile)
        return copy == self
    }

    /// Settings with defaults for all but where things are.
    package init(stateDirectory: String, controlPort: UInt16, environment: [String: String]) {
        self.stateDirectory = stateDirectory
        self.controlPort = controlPort
        self.environment = environment
    }
}
