import Foundation
import JSON
import Logging
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway

@Test func `the log is its owner's alone, whoever made it`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("old\n", to: "logs/gateway.log")
    let file = try LogFile(stateDirectory: directory.path)
    file.append(Array("new".utf8))
    #expect(try directory.mode("logs/gateway.log") == 0o600)
    #expect(try directory.read("logs/gateway.log") == "old\nnew\n")
}

@Test func `a log that is full is put aside, and the oldest goes`() throws {
    let directory = try TemporaryDirectory()
    let file = try LogFile(stateDirectory: directory.path, maximum: 10, kept: 2)
    for line in ["11111111", "22222222", "33333333", "44444444"] { file.append(Array(line.utf8)) }
    #expect(try directory.read("logs/gateway.log") == "44444444\n")
    #expect(try directory.read("logs/gateway.log.1") == "33333333\n")
    #expect(try directory.read("logs/gateway.log.2") == "22222222\n")
    #expect(!FileManager.default.fileExists(atPath: (directory.path / "logs/gateway.log.3").text))
    #expect(try directory.mode("logs/gateway.log") == 0o600)
}

@Test func `what is no regular file is no log`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("", to: "elsewhere")
    try FileManager.default.createDirectory(atPath: (directory.path / "logs").text, withIntermediateDirectories: true)
    let path = (directory.path / "logs/gateway.log").text
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: (directory.path / "elsewhere").text)
    #expect(throws: StorageError.self) { try LogFile(stateDirectory: directory.path) }
    try FileManager.default.removeItem(atPath: path)
    try #require(mkfifo(path, 0o600) == 0)
    #expect(throws: StorageError.self) { try LogFile(stateDirectory: directory.path) }
}

/// A log of the lines `1` to `9`: 18 bytes.
private func nineLines() throws -> (TemporaryDirectory, LogFile) {
    let directory = try TemporaryDirectory()
    let file = try LogFile(stateDirectory: directory.path)
    for number in 1...9 { file.append(Array("\(number)".utf8)) }
    return (directory, file)
}

@Test(
    arguments: [
        // cursor, limit, bytes, lines, isTruncated, isReset
        (nil, 100, 100, "123456789", false, false),
        (nil, 3, 100, "789", true, false),
        (nil, 100, 6, "789", true, false),
        // A line of which only the end fits is left out.
        (nil, 100, 5, "89", true, false),
        (0, 100, 100, "123456789", false, false),
        (14, 100, 100, "89", false, false),
        (18, 100, 100, "", false, false),
        (15, 100, 100, "9", false, false),
        (19, 100, 100, "123456789", false, true),
        (2, 100, 6, "789", true, true),
        (4, 2, 100, "89", true, false),
    ] as [(Int?, Int, Int, String, Bool, Bool)])
func `the log is read on from a cursor`(
    cursor: Int?, limit: Int, bytes: Int, lines: String, isTruncated: Bool, isReset: Bool
) throws {
    let (directory, file) = try nineLines()
    defer { withExtendedLifetime(directory) {} }
    let slice = try file.tail(after: cursor, limit: limit, bytes: bytes)
    #expect(
        slice
            == LogSlice(
                cursor: 18, size: 18, lines: lines.map(String.init), isTruncated: isTruncated, isReset: isReset))
}

@Test func `a message is kept with time, level and metadata, and without secrets`() throws {
    let directory = try TemporaryDirectory()
    let file = try LogFile(stateDirectory: directory.path)
    let redactor = GrowingRedactor(KnownSecrets(texts: ["correct-horse"]))
    let handler = LogFileHandler(
        label: "gateway", level: .info, file: file, redactor: redactor,
        clock: TestClock(at: 951_782_400_123).clock)
    let logger = Logger(label: "x") { _ in handler }
    logger.debug("not this")
    logger.warning("got correct-horse", metadata: ["header": "Authorization: Bearer abcdefghijkl", "n": "1"])
    // One that came later, and the one before.
    redactor.learn(KnownSecrets(texts: ["battery-staple"]))
    logger.warning("battery-staple, correct-horse")
    let lines = try file.tail(after: nil, limit: 10, bytes: 1000).lines
    #expect(lines.count == 2)
    #expect(lines.last?.contains("<secret>, <secret>") == true)
    let json = try JSON(parsing: Array((lines.first ?? "").utf8))
    #expect(
        json == [
            "0": #"{"subsystem":"gateway"}"#, "1": "got <secret>", "time": "2000-02-29T00:00:00.123Z",
            "_meta": ["logLevelName": "WARN", "name": "gateway"], "message": "got <secret>",
            "header": "Authorization: Bearer <secret>", "n": "1",
        ])
}

@Test(arguments: [
    (Logger.Level.trace, "TRACE"), (.debug, "DEBUG"), (.info, "INFO"), (.notice, "INFO"), (.warning, "WARN"),
    (.error, "ERROR"), (.critical, "FATAL"),
])
func `a level has one of the six names that clients filter by`(level: Logger.Level, name: String) throws {
    let directory = try TemporaryDirectory()
    let file = try LogFile(stateDirectory: directory.path)
    let handler = LogFileHandler(
        label: "gateway", level: .trace, file: file, redactor: GrowingRedactor(.none), clock: TestClock(at: 0).clock)
    Logger(label: "x") { _ in handler }.log(level: level, "something")
    let line = try #require(try file.tail(after: nil, limit: 1, bytes: 1000).lines.first)
    #expect(try JSON(parsing: Array(line.utf8))["_meta"]?["logLevelName"]?.string == name)
}

@Test(arguments: [
    ("token=abcdefgh12", "token=<secret>"), ("TOKEN=abcdefgh12&x=1", "TOKEN=<secret>&x=1"),
    (#"{"password":"hunter2hunter2","a":1}"#, #"{"password":"<secret>","a":1}"#), ("token: none", "token: none"),
    ("bearer of good news", "bearer of good news"), ("", ""), ("token=", "token="),
    ("gateway token mismatch", "gateway token mismatch"),
    ("é token=abcdefgh12 é", "é token=<secret> é"),
])
func `what is announced as a secret is taken out`(text: String, expected: String) {
    #expect(Redactor(.none).redacted(text) == expected)
}

@Test func `what other handlers get holds no secret either, however deep`() {
    let heard = Shared<[String]>([])
    var logger = Logger(label: "x") { _ in
        RedactingLogHandler(
            HearingHandler(heard: heard), GrowingRedactor(KnownSecrets(texts: ["correct-horse"])))
    }
    logger[metadataKey: "always"] = "correct-horse"
    logger.warning(
        "got correct-horse", metadata: ["list": ["a", "correct-horse"], "map": ["b": "is correct-horse!"], "n": "1"])
    #expect(heard.value.count == 1)
    #expect(heard.value.first?.contains("correct-horse") == false)
    for text in ["got <secret>", "is <secret>!", "[<secret>]", "a"] {
        #expect(heard.value.first?.contains(text) == true)
    }
}

/// A handler that keeps what it is told.
private struct HearingHandler: LogHandler {
    let heard: Shared<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        heard.change { $0.append("\(event.message) \(event.metadata ?? [:]) \(metadata.values.map { "[\($0)]" })") }
    }
}
