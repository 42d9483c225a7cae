import Files
import JSON

/// The files in a browser profile's downloads.
struct KeptFiles: Sendable {
    private let profile: ProfileDirectory

    /// The downloads of `profile`.
    init(of profile: ProfileDirectory) {
        self.profile = profile
    }

    /// What there is, by name. Links and directories are not listed.
    var all: [(name: String, bytes: Int64)] {
        profile.names(in: .downloads).compactMap { name in size(name).map { (name, $0) } }
    }

    private func size(_ name: String) -> Int64? {
        // What cannot be looked at is no download.
        let attributes = try? profile.file(name, in: .downloads).attributes("read")
        return attributes.flatMap(\.self).map { Int64($0.size) }
    }

    /// Removes the one called `name`. Throws `BrowserFault` when there is none.
    func remove(_ name: String) throws(BrowserFault) {
        guard size(name) != nil else { throw BrowserFault(404, "there is no download \"\(name)\"") }
        do throws(StorageError) {
            try profile.file(name, in: .downloads).remove()
        } catch {
            throw BrowserFault(500, "\(error)")
        }
    }

    /// As they are told.
    var json: JSON {
        .array(
            all.map { file in
                [
                    "name": .string(file.name), "path": .string("\(profile.path(.downloads))/\(file.name)"),
                    "bytes": .integer(file.bytes),
                ]
            })
    }
}
