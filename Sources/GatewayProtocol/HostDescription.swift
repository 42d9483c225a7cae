import Glibc

/// What the kernel says of this host (uname(2)). Inside a sandbox the name is the sandbox's.
package struct HostDescription: Sendable {
    package var name: String
    /// The kernel's name, as `Linux`.
    package var system: String
    /// The system and its release, in lower case: `linux 6.1.0`.
    package var platform: String
    /// The architecture: `x86_64`.
    var machine: String

    package static var current: HostDescription {
        var names = utsname()
        uname(&names)
        func text(_ field: some Any) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let system = text(names.sysname)
        return HostDescription(
            name: text(names.nodename), system: system,
            platform: "\(system) \(text(names.release))".lowercased(), machine: text(names.machine))
    }
}
