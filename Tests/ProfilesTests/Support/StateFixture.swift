import Foundation
import Policy
import Profiles

/// The host's directories in a place of their own, which goes with the test.
final class StateFixture: Sendable {
    let root = NSTemporaryDirectory() + "mazelclaw-\(UUID().uuidString)"
    let directories: HostDirectories

    init() throws {
        let root = root
        directories = HostDirectories(userID: 1, home: .root) { $0.hasPrefix("XDG_") ? root : nil }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }
}
