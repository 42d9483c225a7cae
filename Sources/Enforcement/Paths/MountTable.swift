import Linux
import Policy
import SystemPackage

/// The mounts that this process sees (proc_pid_mountinfo(5)).
enum MountTable {
    /// Where they are, in the order in which they were made. Throws `LaunchError.system`.
    static func mountPoints() throws(LaunchError) -> [AbsolutePath] {
        let table: [UInt8]
        do {
            table = try FileSystem.read("/proc/self/mountinfo", limit: 64 << 20)
        } catch {
            throw .system(action: "read", path: "/proc/self/mountinfo", errno: error)
        }
        return mountPoints(in: table)
    }

    /// The fifth field of each line that has one, as a path; lines without such a path are left out.
    static func mountPoints(in table: [UInt8]) -> [AbsolutePath] {
        // Field by field: to split a table of hundreds of lines into all their words costs as much as to read it.
        var places: [AbsolutePath] = []
        var (field, start) = (0, 0)
        for (index, byte) in table.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"): field = 0
            case UInt8(ascii: " "):
                if field == 4, let place = path(unescaping: table[start..<index]) { places.append(place) }
                field += 1
                start = index + 1
            default: continue
            }
        }
        return places
    }

    /// A path as the table spells it, with `\040` for a space; nil for none.
    static func path(unescaping field: ArraySlice<UInt8>) -> AbsolutePath? {
        var bytes: [UInt8] = []
        var index = field.startIndex
        while index < field.endIndex {
            if field[index] == UInt8(ascii: "\\"), index + 3 < field.endIndex,
                let byte = UInt8(String(decoding: field[(index + 1)...(index + 3)], as: UTF8.self), radix: 8)
            {
                bytes.append(byte)
                index += 4
            } else {
                bytes.append(field[index])
                index += 1
            }
        }
        return AbsolutePath(String(decoding: bytes, as: UTF8.self))
    }
}
