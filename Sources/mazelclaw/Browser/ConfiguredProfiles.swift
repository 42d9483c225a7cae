import Browser
import Configuration
import JSON

/// The browser profiles in an instance's configuration file, `browser.profiles`.
struct ConfiguredProfiles: ProfileStore {
    let instance: Instance

    /// How long to wait for another process that writes the file, in milliseconds.
    private static let patience = 2000

    func add(_ name: String, _ profile: BrowserSettings.Profile) async throws(BrowserFault) {
        var entry: JSONObject = ["color": .string(profile.color)]
        if let address = profile.address {
            entry["cdpUrl"] = .string(address)
        } else if let port = profile.port {
            entry["cdpPort"] = .integer(Int64(port))
        } else {
            // Said in so many words, it needs neither: it is driven over a pipe.
            entry["driver"] = "clawd"
        }
        let wasThere = try change(name, to: .object(entry)) { $0 == nil }
        guard !wasThere else { throw BrowserFault(409, "profile \"\(name)\" already exists") }
    }

    func remove(_ name: String) async throws(BrowserFault) {
        let wasGone = try change(name, to: .null) { $0 != nil }
        guard !wasGone else { throw BrowserFault(404, "profile \"\(name)\" not found") }
    }

    /// Puts `entry` at `name`, or takes it out when it is null, when `condition` holds for what stands there now. Returns
    /// whether it did not.
    private func change(
        _ name: String, to entry: JSON, when condition: (JSON?) -> Bool
    ) throws(BrowserFault) -> Bool {
        var isRefused = false
        do throws(ConfigurationChangeError) {
            try ConfigurationStore(instance, patience: Self.patience).change {
                (written) throws(ConfigurationChangeError) in
                isRefused = !condition(written["browser"]?["profiles"]?[name])
                guard !isRefused else { return written }
                return written.mergePatched(by: ["browser": ["profiles": [name: entry]]])
            }
        } catch {
            throw BrowserFault(500, "the configuration was not changed: \(error)")
        }
        return isRefused
    }
}
