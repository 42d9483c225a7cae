import Foundation
import JSON
import Testing

@testable import Gateway

/// Names, kinds, modes and content of what is below `path`.
private func tree(_ path: String) throws -> [String] {
    let manager = FileManager.default
    return try ([""] + manager.subpathsOfDirectory(atPath: path).sorted()).map { name in
        let place = "\(path)/\(name)"
        let attributes = try manager.attributesOfItem(atPath: place)
        let isFile = attributes[.type] as? FileAttributeType == .typeRegular
        return
            "\(name) \(attributes[.posixPermissions] ?? 0) \(isFile ? manager.contents(atPath: place)?.hashValue ?? 0 : 0)"
    }
}

/// A profile with everything wrong that can be put right, that has run once.
private func neglectedProfile() async throws -> (command: BuiltCommand, state: String) {
    let command = try BuiltCommand()
    let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(Port.free())")
    try #require(setup.code == 0, "\(setup.errors)")
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in }
    let state = "\(command.home)/.mazelclaw-\(command.profile)"
    let text = try command.read(".mazelclaw-\(command.profile)/mazelclaw.json")
    try command.write(
        text.replacing(
            "\"gateway\": {", with: "\"telegram\": {\"botToken\": \"12345:very-secret\"}, // mine\n  \"gateway\": {"),
        to: ".mazelclaw-\(command.profile)/mazelclaw.json")
    for (name, age) in [("mazelclaw.json.11.22.tmp", 7200.0), ("mazelclaw.json.11.23.tmp", 0)] {
        try command.write("{}", to: ".mazelclaw-\(command.profile)/\(name)")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -age), .posixPermissions: 0o600],
            ofItemAtPath: "\(state)/\(name)")
    }
    for (name, mode) in [("mazelclaw.json", 0o644), ("mazelclaw.sqlite", 0o640), ("", 0o755)] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(state)/\(name)")
    }
    return (command, state)
}

@Test func `doctor finds what is wrong with files and changes nothing`() async throws {
    let (command, state) = try await neglectedProfile()
    let before = try tree(state)
    for words in [
        ["doctor"], ["doctor", "--json"], ["doctor", "--lint"], ["doctor", "--lint", "--json"], ["doctor", "--fix"],
    ] {
        let result = try await command.run(["--profile", command.profile] + words)
        #expect(result.code == (words.contains("--fix") ? 2 : 1), "\(words): \(result.output)\(result.errors)")
        #expect(!(result.output + result.errors).contains("very-secret"))
        #expect(try tree(state) == before, "\(words)")
    }
    let json = try await JSON(
        parsing: Array(command.run("--profile", command.profile, "doctor", "--lint", "--json").output.utf8))
    let files = json["files"]?.array ?? []
    #expect(files.count == 4, "\(json.text())")
    #expect(files.contains { $0["kind"] == "leftover" && $0["path"]?.string == "\(state)/mazelclaw.json.11.22.tmp" })
    #expect(json["clean"] == false)
}

@Test func `doctor puts right what can be, shows it first, and leaves what runs running`() async throws {
    let (command, state) = try await neglectedProfile()
    let shown = try await command.run("--profile", command.profile, "doctor", "--fix")
    #expect(shown.code == 2)
    for line in [
        "-\(state): mode 0755", "+\(state): mode 0700", "-\(state)/mazelclaw.json: mode 0644",
        "-\(state)/mazelclaw.json.11.22.tmp", "channels",
    ] {
        #expect(shown.output.contains(line), "\(line): \(shown.output)")
    }
    #expect(!shown.output.contains("11.23"))
    let old = try command.read(".mazelclaw-\(command.profile)/mazelclaw.json")
    let fixed = try await command.run("--profile", command.profile, "doctor", "--fix", "--yes")
    #expect(fixed.code == 0, "\(fixed.output)\(fixed.errors)")
    #expect(!(fixed.output + fixed.errors).contains("very-secret"))
    let new = try command.read(".mazelclaw-\(command.profile)/mazelclaw.json")
    #expect(new.contains("very-secret"))
    let channels = try JSON5Document(parsing: Array(new.utf8)).value["channels"]
    #expect(channels?["telegram"]?["botToken"] == "12345:very-secret")
    #expect(try command.read(".mazelclaw-\(command.profile)/mazelclaw.json.bak") == old)
    for (name, mode) in [("mazelclaw.json", 0o600), ("mazelclaw.sqlite", 0o600), ("", 0o700)] {
        #expect(try command.mode(".mazelclaw-\(command.profile)/\(name)") == mode)
    }
    let kept = try FileManager.default.contentsOfDirectory(atPath: state).first { $0.hasPrefix("doctor-") }
    #expect(
        try FileManager.default.contentsOfDirectory(atPath: "\(state)/\(kept ?? "")") == ["mazelclaw.json.11.22.tmp"])
    // What keeps no gateway from starting is a finding of --lint all the same: a messenger is not served.
    #expect(try await command.run("--profile", command.profile, "doctor").code == 0)
    #expect(try await command.run("--profile", command.profile, "doctor", "--lint").code == 1)
    #expect(try await command.run("--profile", command.profile, "config", "unset", "channels").code == 0)
    let clean = try await command.run("--profile", command.profile, "doctor", "--lint")
    #expect(clean.code == 0, "\(clean.output)")

    let end = try await command.gateway("--profile", command.profile, "gateway") { process in
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(state)/mazelclaw.json")
        #expect(try await command.run("--profile", command.profile, "doctor", "--fix", "--yes").code == 0)
        #expect(try command.mode(".mazelclaw-\(command.profile)/mazelclaw.json") == 0o600)
        let status = try await JSON(
            parsing: Array(command.run("--profile", command.profile, "status", "--json").output.utf8))
        #expect(status["health"]?["healthy"] == true)
        #expect(status["pid"]?.integer == Int64(process.processIdentifier))
    }
    #expect(end.code == 0)
}
