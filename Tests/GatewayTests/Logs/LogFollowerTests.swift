import Foundation
import Policy
import Testing

@testable import Files
@testable import Gateway

@Test func `a log is followed from its end on, also into the file that comes after it`() throws {
    let directory = try TemporaryDirectory()
    let follower = LogFollower(stateDirectory: directory.path)
    #expect(try follower.last(2) == nil)
    #expect(try follower.next() == [])
    let file = try LogFile(stateDirectory: directory.path, maximum: 12, kept: 2)
    func append(_ lines: String...) { for line in lines { file.append(Array(line.utf8)) } }
    append("1", "2", "3")
    #expect(try follower.next() == ["1", "2", "3"])
    let late = LogFollower(stateDirectory: directory.path)
    #expect(try late.last(2) == ["2", "3"])
    // The last of the old file, and the first of the new one.
    append("44444", "55555")
    for follower in [follower, late] {
        #expect(try follower.next() == ["44444"])
        #expect(try follower.next() == ["55555"])
        #expect(try follower.next() == [])
    }
}

@Test func `a line is told when it is whole, and a file that was cut short from its begin`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("1\n2", to: "logs/gateway.log")
    let follower = LogFollower(stateDirectory: directory.path)
    #expect(try follower.next() == ["1"])
    let end = try FileHandle(forWritingTo: URL(filePath: follower.path.text))
    try end.seekToEnd()
    try end.write(contentsOf: Data("3\n".utf8))
    #expect(try follower.next() == ["23"])
    try end.truncate(atOffset: 0)
    try end.write(contentsOf: Data("4\n".utf8))
    #expect(try follower.next() == ["4"])
}

@Test func `a log that leads elsewhere is not followed`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("secret\n", to: "elsewhere")
    try FileManager.default.createDirectory(atPath: "\(directory.path)/logs", withIntermediateDirectories: true)
    let follower = LogFollower(stateDirectory: directory.path)
    try FileManager.default.createSymbolicLink(
        atPath: follower.path.text, withDestinationPath: "\(directory.path)/elsewhere")
    #expect(throws: StorageError.self) { try follower.last(1) }
    #expect(throws: StorageError.self) { try follower.next() }
}

@Test func `a line of the log is told to a person by its time, level, name and details`() throws {
    let line =
        #"{"0":"{}","1":"hi","time":"T","_meta":{"logLevelName":"WARN","name":"gateway"},"message":"hi","n":"1"}"#
    #expect(LogLine(line)?.text == "T WARN  gateway: hi n=1")
    #expect(LogLine("hi") == nil)
    #expect(LogLine("{}") == nil)
}
