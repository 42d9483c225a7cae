package import Glibc

/// The name in `entry`, as readdir(3) gave it. Nothing behind the entry is read: it may be the last there is memory for.
package func entryName(_ entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
    withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: UInt8.self, capacity: Int(entry.pointee.d_reclen)) { bytes in
            var name: [UInt8] = []
            while bytes[name.count] != 0 { name.append(bytes[name.count]) }
            return name
        }
    }
}

/// The names in an open directory, in order, which is closed (readdir(3)).
func entryNames(_ stream: OpaquePointer) -> [String] {
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = String(decoding: entryName(entry), as: UTF8.self)
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
