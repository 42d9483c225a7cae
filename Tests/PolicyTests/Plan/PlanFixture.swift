import Foundation
import Policy

/// A start of the profile "rescue" on an imagined host, from the shipped policy.
enum PlanFixture {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func path(_ text: String) throws -> AbsolutePath {
        guard let path = AbsolutePath(text) else { throw CocoaError(.fileReadInvalidFileName) }
        return path
    }

    static func policy(_ name: String = "gateway") throws -> SandboxPolicy {
        let file = repository.appending(path: "policies/\(name).json")
        return try SandboxPolicy(file: "policies/\(name).json", text: Array(Data(contentsOf: file)))
    }

    static func facts(landlockABI: Int32 = 7, isRoot: Bool = false) throws -> HostFacts {
        let home = try path("/home/ada")
        return HostFacts(
            user: UserIdentity(userID: 1000, groupID: 1000, name: "ada", home: home), isRoot: isRoot,
            landlockABI: landlockABI,
            entries: [
                (try path("/usr"), .directory), (try path("/bin"), .symbolicLink(target: "usr/bin")),
                (try path("/lib"), .symbolicLink(target: "usr/lib")), (try path("/etc/ssl/certs"), .directory),
                (try path("/etc/ld.so.cache"), .file), (try path("/proc/kcore"), .file),
                (try path("/proc/acpi"), .directory),
                (try path("/proc/sys"), .directory), (try path("/srv/notes"), .directory),
            ] + NamespaceLimit.Resource.allCases.map { ($0.path, .file) },
            identities: [(home / ".mazelclaw-rescue", FileIdentity(device: 1, inode: 2))],
            resolverConfiguration: "nameserver 192.0.2.1\n",
            environment: [
                ("LANG", "C.UTF-8"), ("LC_TIME", "de_DE.UTF-8"), ("SSH_AUTH_SOCK", "/run/agent"),
                ("LD_PRELOAD", "/x.so"),
            ].compactMap { EnvironmentVariable(name: $0.0, value: $0.1) })
    }

    static func request(
        degradations: [Degradation] = [], command: [String]? = nil,
        change: (inout Profile) throws -> Void = { _ in }
    ) throws -> PlanRequest {
        guard let name = ProfileName("rescue"), let ports = PortSet(base: 19789) else {
            throw CocoaError(.featureUnsupported)
        }
        var profile = Profile(name: name, basePort: 19789)
        try change(&profile)
        return PlanRequest(
            profile: profile, ports: ports, paths: ProfilePaths(profile: profile, home: try path("/home/ada")),
            policy: try policy(),
            seccomp: SeccompProgram(file: "gateway.seccomp.json", bytes: Array(repeating: 0, count: 16)),
            ownExecutable: try path("/opt/build/mazelclaw"), command: command?.map { ByteString($0) },
            degradations: degradations)
    }
}
