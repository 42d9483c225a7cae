import Glibc

/// A Chromium on this host.
struct ChromiumProgram: Sendable, Equatable {
    /// What it is: `chromium`, `chromium-headless-shell`, `chrome`, `brave`, `edge`, or `custom` for one that was named.
    var kind: String
    /// An absolute path.
    var path: String

    /// Where they are, the best first. Debian's `chromium` in /usr/bin is a script that reads /etc/chromium.d, which is out of
    /// sight in a sandbox; what it runs needs nothing of it.
    private static let known = [
        ChromiumProgram(kind: "chromium", path: "/usr/lib/chromium/chromium"),
        ChromiumProgram(kind: "chromium-headless-shell", path: "/usr/lib/chromium/chromium-headless-shell"),
        ChromiumProgram(kind: "chrome", path: "/opt/google/chrome/chrome"),
        ChromiumProgram(kind: "brave", path: "/opt/brave.com/brave/brave"),
        ChromiumProgram(kind: "edge", path: "/opt/microsoft/msedge/msedge"),
        ChromiumProgram(kind: "chromium", path: "/usr/lib64/chromium-browser/chromium-browser"),
        ChromiumProgram(kind: "chromium", path: "/usr/bin/chromium"),
        ChromiumProgram(kind: "chromium", path: "/usr/bin/chromium-browser"),
        ChromiumProgram(kind: "chrome", path: "/usr/bin/google-chrome-stable"),
    ]

    /// The one at `path`, or the first that is there. Throws `BrowserFault` when it cannot be executed, or there is none.
    static func find(_ path: String?) throws(BrowserFault) -> ChromiumProgram {
        if let path {
            guard path.hasPrefix("/") else {
                throw BrowserFault(503, "browser.executablePath must be an absolute path, and \(path) is none")
            }
            guard access(path, X_OK) == 0 else {
                throw BrowserFault(
                    503,
                    "\(path), which browser.executablePath names, cannot be run: \(String(cString: strerror(errno)))")
            }
            return ChromiumProgram(kind: "custom", path: path)
        }
        guard let found = known.first(where: { access($0.path, X_OK) == 0 }) else {
            throw BrowserFault(
                503,
                "no Chromium was found; install one (Debian: chromium or chromium-headless-shell) or set "
                    + "browser.executablePath")
        }
        return found
    }

    /// Whether it has no windows at all, and no option to go without.
    var isHeadlessOnly: Bool { path.hasSuffix("headless-shell") || path.hasSuffix("headless_shell") }
}
