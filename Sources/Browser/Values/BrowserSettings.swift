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

    /// The browser profile that there always is. Clients of the original know it by this name.
    package static let managedProfile = "clawd"

    /// Settings with defaults for all but where things are.
    package init(stateDirectory: String, controlPort: UInt16, environment: [String: String]) {
        self.stateDirectory = stateDirectory
        self.controlPort = controlPort
        self.environment = environment
    }
}
