public import Files
public import Policy
public import Time

/// One of the versions of a configuration file that there are: the file itself, the last one that a gateway ran with, and
/// those that changes replaced.
public struct ConfigurationVersion: Sendable {
    /// What commands call it: `current`, `last-good`, or how many changes ago it was replaced, `1` to `5`.
    public let name: String
    /// Where it stands.
    public let path: AbsolutePath
    /// What it comes to, as if the file said it now.
    public let snapshot: ConfigurationSnapshot
    /// When it was written.
    public let writtenAt: Timestamp

    /// What the version that stands in the file is called.
    public static let current = "current"
    /// What the last one that a gateway ran with is called.
    public static let lastGood = "last-good"
}

extension ConfigurationStore {
    /// The versions there are: that of the file, the last good one, and the replaced ones, newest first. Throws
    /// `StorageError`.
    public func versions() throws(StorageError) -> [ConfigurationVersion] {
        let backups = ConfigurationBackups(of: path).files.enumerated().map { ("\($0 + 1)", $1) }
        let places = [
            (ConfigurationVersion.current, path), (ConfigurationVersion.lastGood, LastGoodConfiguration(of: path).path),
        ]
        var versions: [ConfigurationVersion] = []
        for (name, place) in places + backups {
            guard let text = try reader.text(of: place), let writtenAt = try writtenAt(place) else { continue }
            versions.append(
                ConfigurationVersion(
                    name: name, path: place, snapshot: reader.snapshot(of: path, text: text), writtenAt: writtenAt))
        }
        return versions
    }

    /// The version to go back to when none is named: the last good one, or else the newest that a gateway can run with, and
    /// that says something else than the file.
    public static func wayBack(among versions: [ConfigurationVersion]) -> ConfigurationVersion? {
        let current = versions.first { $0.name == ConfigurationVersion.current }?.snapshot.text
        return versions.first {
            $0.name != ConfigurationVersion.current && $0.snapshot.isRunnable && $0.snapshot.text != current
        }
    }
}
