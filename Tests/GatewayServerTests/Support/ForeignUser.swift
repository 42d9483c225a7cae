import Foundation
import Testing

/// A profile whose directories belong to a user that is not root, and root who gives commands for it.
struct ForeignUser {
    let command: BuiltCommand
    let port: UInt16
    /// Nobody's on any host these tests know.
    static let userID: UInt32 = 71_234
    /// Only root can act for others.
    static var isAvailable: Bool { geteuid() == 0 }

    var state: String { "\(command.home)/user/state" }
    /// A directory that only root can write or read.
    var rootsDirectory: String { "\(command.home)/private" }

    /// The profile's file is root's, its state directory the user's. It is set up by root.
    init() async throws {
        command = try BuiltCommand()
        port = try Port.free()
        for directory in ["user", "private"] {
            try FileManager.default.createDirectory(
                atPath: "\(command.home)/\(directory)", withIntermediateDirectories: true)
        }
        try #require(chmod("\(command.home)/private", 0o700) == 0)
        try #require(chown("\(command.home)/user", Self.userID, Self.userID) == 0)
        try command.write(
            #"{"basePort": \#(port), "stateDirectory": "\#(command.home)/user/state"}"#,
            to: "config/mazelclaw/profiles/\(command.profile).json")
        try #require(mkdir(state, 0o700) == 0)
        try #require(chown(state, Self.userID, Self.userID) == 0)
        let setup = try await run("setup")
        try #require(setup.code == 0, "\(setup.errors)")
    }

    /// Has root run a command for the profile. One that hangs ends with code 124.
    func run(_ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + words, wrapper: ["/usr/bin/timeout", "60"])
    }
}
