import CProbe
import Glibc

/// B: what a sibling may try that a payload has asked for. Of the payload's surroundings it is told where its state directory
/// is, and its base port.
extension AttemptTable {
    mutating func addSibling(state: String, basePort port: UInt16) {
        let own = state + "/browser"
        add("B01", "list the state directory") {
            guard let names = File.names(in: state) else { return .refused(errno) }
            return .permitted(value: names.sorted().joined(separator: ","))
        }
        add("B01", "read a file of the payload's") { File.read(state + "/secret") }
        add("B01", "read the payload's configuration") { File.read(state + "/mazelclaw.json") }
        add("B01", "create a file beside its part") { File.create(state + "/probe-file") }
        add("B01", "list its part") { File.list(own) }
        add("B01", "create and read a file of its part") {
            defer { File.remove(own + "/probe-file") }
            return File.create(own + "/probe-file").then { File.open(own + "/probe-file") }
        }
        add("B01", "flags of its part") { File.flags(of: own) }
        for directory in [own, "/tmp", "/dev/shm", "/run"] {
            let name = directory == own ? "its part" : directory
            add("B02", "execute in \(name)") {
                let program = directory + "/probe-program"
                defer { File.remove(program) }
                return File.copy("/usr/bin/true", to: program).then { File.execute(program) }
            }
        }
        add("B02", "execute /usr/bin/true") { File.execute("/usr/bin/true") }
        for (name, number) in [
            ("the gateway's port", port), ("browser control's port", port + 2), ("a CDP port", port + 11),
        ] {
            add("B03", "connect to \(name)") { Socket.connect(.loopback4, port: number) }
            add("B04", "bind \(name)") { Socket.bind(.loopback4, port: number) }
        }
        add("B03", "connect to port 443 of loopback, where nobody listens") { Socket.connect(.loopback4, port: 443) }
        add("B04", "bind TCP port 0") { Socket.bind(.loopback4, port: 0) }
        add("B04", "bind UDP port 0") { Socket.bind(.loopback4, port: 0, type: Socket.datagram) }
        // CLONE_NEWUSER and CLONE_NEWNS (unshare(2)).
        add("B05", "nest a user namespace", apart: true) { SystemCall.attempt(SYS_unshare, 0x1000_0000) }
        add("B05", "nest a mount namespace", apart: true) { SystemCall.attempt(SYS_unshare, 0x20000) }
        add("B06", "send init the null signal") { SystemCall.attempt(SYS_kill, 1, 0) }
        add("B06", "find another process than init, itself and its children") {
            let others = (File.names(in: "/proc") ?? []).compactMap { Int32($0) }.filter { number in
                guard number > 2, let text = File.content("/proc/\(number)/status") else { return false }
                return !String(decoding: text, as: UTF8.self).contains("\nName:\tisolation-probe")
                    && !String(decoding: text, as: UTF8.self).hasPrefix("Name:\tisolation-probe")
            }
            return .permitted(value: "\(others.count)")
        }
        add("B07", "variables of the launcher's") {
            var names: [String] = []
            var next = environ
            while let entry = next.pointee {
                let name = String(cString: entry).prefix { $0 != "=" }
                if name.hasPrefix("MAZELCLAW_") || name.hasPrefix("PROBE_") { names.append(String(name)) }
                next += 1
            }
            return .permitted(value: names.sorted().joined(separator: ","))
        }
    }
}
