import Foundation
import Testing

@testable import Time

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

private let directory = "/usr/share/zoneinfo"

/// One name for each zone whose file differs from all others of this host.
private let zones: [String] = {
    var contents: Set<Data> = []
    return (FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []).sorted().filter {
        name in
        guard !name.hasPrefix("posix/"), !name.hasPrefix("right/"),
            let content = FileManager.default.contents(atPath: "\(directory)/\(name)"),
            content.starts(with: Data("TZif".utf8))
        else { return false }
        return contents.insert(content).inserted
    }
}()

/// What the C library says of the zones `names` at `times`, which reads the same files by its own code (localtime(3)).
private func offsets(of names: [String], at times: [Int64]) throws -> [[Int]] {
    let script = """
        import os, sys, time
        times = [int(t) for t in sys.stdin.readline().split()]
        for name in sys.stdin:
            os.environ["TZ"] = name.strip()
            time.tzset()
            print(*(time.localtime(t).tm_gmtoff for t in times))
        """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-c", script]
    let (input, output) = (FileManager.default.temporaryDirectory.appending(path: "zones-\(UUID().uuidString)"), Pipe())
    let list = times.map(String.init).joined(separator: " ")
    try "\(list)\n\(names.joined(separator: "\n"))\n".write(to: input, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: input) }
    process.standardInput = try FileHandle(forReadingFrom: input)
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
}

@Test(.enabled(if: TimeZoneRules.areInstalled, "this host has no time zones (tzdata)"))
func `every zone's file says what the C library reads in it, from 1970 to 2100`() throws {
    // 23 days and some seconds: each hour of the day and day of the week comes by.
    let times = Array(stride(from: Int64(0), through: 4_102_444_800, by: 2_000_003))
    let expected = try offsets(of: zones, at: times)
    try #require(expected.count == zones.count && zones.count > 200)
    for (name, offsets) in zip(zones, expected) {
        let zone = try #require(TimeZoneRules.named(name), "\(name)")
        #expect(times.map { zone.offset(at: $0) } == offsets, "\(name)")
    }
}

/// Where an hour is left out or comes twice, to the second.
@Test(
    .enabled(if: TimeZoneRules.areInstalled, "this host has no time zones (tzdata)"),
    arguments: [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Apia",
    ])
func `a zone's clocks change in the second in which the C library has them change`(name: String) throws {
    let zone = try #require(TimeZoneRules.named(name))
    var changes: [Int64] = []
    for time in stride(from: Int64(0), to: 4_102_444_800, by: 86_400)
    where zone.offset(at: time) != zone.offset(at: time + 86_400) {
        var (before, after) = (time, time + 86_400)
        while after - before > 1 {
            let middle = (before + after) / 2
            if zone.offset(at: middle) == zone.offset(at: time) { before = middle } else { after = middle }
        }
        changes += [before, after]
    }
    let expected = try #require(try offsets(of: [name], at: changes + [0]).first)
    #expect((changes + [0]).map { zone.offset(at: $0) } == expected)
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
