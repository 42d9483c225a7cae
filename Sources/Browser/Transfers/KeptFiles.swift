import Glibc
import JSON

/// The files in a browser profile's downloads.
struct KeptFiles: Sendable {
    let directory: String

    /// The downloads of `profile`.
    init(of profile: ProfileDirectory) {
        directory = profile.path(.downloads)
    }

    /// What there is, by name. Links and directories are not listed.
    var all: [(name: String, bytes: Int64)] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var files: [(name: String, bytes: Int64)] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let bytes = size(name) else { continue }
            files.append((name, bytes))
        }
        return files.sorted { $0.name < $1.name }
    }

    private func size(_ name: String) -> Int64? {
        var status = stat()
        guard lstat("\(directory)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// Removes the one called `name`. Throws `BrowserFault` when there is none.
    func remove(_ name: String) throws(BrowserFault) {
        guard !name.contains("/"), !name.utf8.contains(0), size(name) != nil else {
            throw BrowserFault(404, "there is no download \"\(name)\"")
        }
        guard unlink("\(directory)/\(name)") == 0 else {
            throw BrowserFault(500, "cannot remove \(directory)/\(name): \(String(cString: strerror(errno)))")
        }
    }

    /// As they are told.
    var json: JSON {
        .array(
            all.map { file in
                [
                    "name": .string(file.name), "path": .string("\(directory)/\(file.name)"),
                    "bytes": .integer(file.bytes),
                ]
            })
    }
}
