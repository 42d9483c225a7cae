import Foundation
import Testing

@testable import Gateway

@Test(
    arguments: [
        ("UTC0", 1_767_225_600, 0), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_767_225_600, 3600),
        ("CET-1CEST,M3.5.0,M10.5.0/3", 1_774_745_999, 3600), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_774_746_000, 7200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", 1_792_889_999, 7200), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_792_890_000, 3600),
        // South of the equator the year begins in summer.
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", 1_767_225_600, 39_600),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", 1_780_000_000, 36_000),
        ("<+0530>-5:30", 0, 19_800), ("EST5EDT,M3.2.0,M11.1.0", 1_780_000_000, -14_400),
        ("XXX3YYY2:30,J60/0,300/-1", 1_780_000_000, -9000),
    ] as [(String, Int64, Int)])
func `a rule tells how far clocks are ahead`(rule: String, time: Int64, offset: Int) throws {
    #expect(try #require(PosixTimeZone(rule)).offset(at: time) == offset)
}

@Test(arguments: [
    "", "X", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1x", "<CET-1", "CET-1CEST,M3.5.0",
])
func `what is no rule is none`(text: String) {
    #expect(PosixTimeZone(text) == nil)
}

private let zones = [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Apia",
]

/// What the C library says, which reads the same files by its own code.
@Test(.enabled(if: TimeZoneRules.named("Europe/Berlin") != nil), arguments: zones)
func `a zone's file says what the C library reads in it`(name: String) throws {
    let zone = try #require(TimeZoneRules.named(name))
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    let times = stride(from: Int64(-1_000_000_000), through: 4_000_000_000, by: 9_999_991)
    let list = times.map { "@\($0)" }.joined(separator: "\n")
    let input = FileManager.default.temporaryDirectory.appending(path: "zones-\(UUID().uuidString)")
    try list.write(to: input, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: input) }
    process.arguments = ["-c", "TZ=\(name) date -f \(input.path) +%::z"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let expected = text.split(separator: "\n").map { line -> Int in
        let parts = line.dropFirst().split(separator: ":").compactMap { Int($0) }
        return (line.hasPrefix("-") ? -1 : 1) * (parts[0] * 3600 + parts[1] * 60 + parts[2])
    }
    try #require(expected.count > 400)
    #expect(times.map { zone.offset(at: $0) } == expected)
}

@Test(arguments: [
    "", "../../../etc/passwd", "/etc/localtime", "Nowhere/None", "Europe", "Europe/Berlin\0", "Europe/..",
])
func `a name no zone has gives none`(name: String) {
    #expect(TimeZoneRules.named(name) == nil)
}

@Test func `the host's zone is what TZ says, and else its own`() throws {
    #expect(TimeZoneRules.local("UTC") == .utc)
    #expect(TimeZoneRules.local(":UTC") == .utc)
    #expect(TimeZoneRules.local("XYZ-3").offset(at: 0) == 10_800)
    // As the C library has it, what makes no sense is universal time.
    #expect(TimeZoneRules.local("no such zone") == .utc)
}

@Test func `a file cut short is none`() throws {
    let path = "/usr/share/zoneinfo/Europe/Berlin"
    guard let content = FileManager.default.contents(atPath: path) else { return }
    let bytes = Array(content)
    #expect(TimeZoneRules(bytes) != nil)
    for length in stride(from: 0, to: bytes.count, by: 7) { #expect(TimeZoneRules(Array(bytes.prefix(length))) == nil) }
}
