import Foundation
import Glibc
import Testing

/// F: what a bind may not show or let be changed, whatever name, link or mount leads there.
@Suite(.recorded) struct BindGuardTests {
    private static let sentence = "mazelclaw-run: cannot bind "

    private func expectRefusal(_ host: Host, _ more: [String], _ words: String, wrapper: [String] = []) throws {
        var options = Host.Options(rootWrapper: wrapper)
        options.more = more
        let end = try host.run(["echo", "ran"], options)
        #expect(end.code == 78, "\(more): \(end.output) \(end.errors)")
        #expect(end.output.isEmpty)
        #expect(end.sentences.count == 1)
        #expect(end.sentences.first?.hasPrefix(Self.sentence) == true)
        #expect(end.sentences.first?.contains(words) == true, "\(end.errors)")
    }

    /// A place of the host's, made by a first start, and what the refusal calls it.
    private static let hidden = [
        ("config/mazelclaw", "the host's profiles and policies"),
        ("config/mazelclaw/profiles", "the host's profiles and policies"),
        ("config", "the host's profiles and policies"),
        ("state/mazelclaw/locks", "the host's locks and logs"), ("state/mazelclaw/audit", "the host's locks and logs"),
    ]

    @Test(arguments: Starting.available, hidden)
    func `what is the host's is bound neither by its name nor through what holds it or lies in it`(
        starting: Starting, place: (path: String, meaning: String)
    ) throws {
        let host = try Host(starting)
        try host.makeState()
        #expect(try host.run(["true"]).code == 0)
        for option in ["--bind-ro", "--bind"] {
            try expectRefusal(host, [option, "\(host.root)/\(place.path):/data"], place.meaning)
        }
    }

    @Test(arguments: Starting.available)
    func `a profile's own binds are looked at as well`(starting: Starting) throws {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"binds\": [{\"source\": \"\(host.root)/config\", \"destination\": \"/data\"}]")
        try expectRefusal(host, [], "the host's profiles and policies")
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root mounts on the host"), arguments: Starting.available,
        ["mount --bind HOST/config HOST/other", "mount --bind HOST/config/mazelclaw HOST/other/below"])
    func `a mount of what is the host's is that, whatever its name`(starting: Starting, command: String) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        try Files.makeDirectory("\(host.root)/other")
        try Files.makeDirectory("\(host.root)/other/below")
        let mounting = [
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            command.replacingOccurrences(of: "HOST", with: host.root) + " && exec \"$@\"", "sh",
        ]
        try expectRefusal(host, ["--bind-ro", "\(host.root)/other:/data"], "profiles", wrapper: mounting)
    }

    @Test(arguments: Starting.available)
    func `launcher and policies can be seen and never written`(starting: Starting) throws {
        let host = try Host(starting)
        let stage = "\(host.stage.root)/stage"
        for place in [stage, "\(stage)/bin", "\(stage)/bin/mazelclaw-run", "\(stage)/share/mazelclaw/policies"] {
            try expectRefusal(host, ["--bind", "\(place):/data"], "the programs and policies")
        }
        var options = Host.Options()
        options.more = ["--bind-ro", "\(stage)/share:/data"]
        #expect(try host.run(["ls", "/data/mazelclaw/policies"], options).output.contains("gateway.json"))
    }

    @Test(arguments: Starting.available)
    func `a directory beside what is the host's can be bound`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.makeDirectory("\(host.root)/config/other", owner: Host.payloadUser)
        var options = Host.Options()
        options.more = ["--bind", "\(host.root)/config/other:/data"]
        let end = try host.run(["touch", "/data/x"], options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(Files.exists("\(host.root)/config/other/x"))
    }

    @Test(arguments: Starting.available, [SOCK_STREAM, SOCK_DGRAM].map { Int32($0.rawValue) })
    func `a bind that holds a socket somebody listens on is refused, unless the profile lists it`(
        starting: Starting, type: Int32
    ) throws {
        let host = try Host(starting)
        let directory = "\(host.root)/sockets"
        try Files.makeDirectory(directory)
        let path = "\(directory)/orders"
        let listener = try Self.listen(at: path, type)
        defer { close(listener) }
        for place in [directory, path] {
            try expectRefusal(host, ["--bind-ro", "\(place):/data"], "\(path) in it is a socket")
        }
        let bind = "{\"source\": \"\(directory)\", \"destination\": \"/data\", \"sockets\": [\"\(path)\"]}"
        try host.writeProfile(keys: "\"binds\": [\(bind)]")
        #expect(try host.run(["test", "-S", "/data/orders"]).code == 0)
    }

    @Test(arguments: Starting.available)
    func `a socket nobody listens on any more is a file like others`(starting: Starting) throws {
        let host = try Host(starting)
        let directory = "\(host.root)/sockets"
        try Files.makeDirectory(directory)
        close(try Self.listen(at: "\(directory)/orders", Int32(SOCK_STREAM.rawValue)))
        var options = Host.Options()
        options.more = ["--bind-ro", "\(directory):/data"]
        #expect(try host.run(["test", "-S", "/data/orders"], options).code == 0)
    }

    private static func listen(at path: String, _ type: Int32) throws -> Int32 {
        let descriptor = socket(AF_UNIX, type | 0o2000000, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, type != Int32(SOCK_STREAM.rawValue) || Glibc.listen(descriptor, 1) == 0 else {
            throw Files.Failure(path: path, errno: errno)
        }
        return descriptor
    }
}
