import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway

@Test func `the way back from a broken file is named, and only named`() throws {
    let directory = try TemporaryDirectory(inMemory: true)
    let path = directory.path / "mazelclaw.json"
    let reader = ConfigurationReader(environment: [:])
    try directory.write("{ broken", to: "mazelclaw.json")
    #expect(LastGoodConfiguration(of: path).remedy(reader: reader) == nil)
    try directory.write("{}", to: "mazelclaw.json.bak.2")
    try directory.write("{ broken too", to: "mazelclaw.json.bak")
    #expect(
        LastGoodConfiguration(of: path).remedy(reader: reader)?.contains("cp \(path).bak.2 \(path)") == true)
    try directory.write("{}", to: "mazelclaw.json.last-good")
    #expect(
        LastGoodConfiguration(of: path).remedy(reader: reader)?.contains("cp \(path).last-good \(path)") == true)
    #expect(try directory.read("mazelclaw.json") == "{ broken")
}

@Test func `what a gateway runs with is kept, for its owner alone`() throws {
    let directory = try TemporaryDirectory(inMemory: true)
    try directory.write("{gateway: {port: 20000}} // mine", to: "mazelclaw.json")
    let path = directory.path / "mazelclaw.json"
    let file = try ConfigurationFile(ConfigurationReader(environment: [:]).snapshot(of: path))
    try LastGoodConfiguration(of: path).keep(file, HostileDirectory(directory.path))
    #expect(try directory.read("mazelclaw.json.last-good") == "{gateway: {port: 20000}} // mine")
    #expect(try directory.mode("mazelclaw.json.last-good") == 0o600)
}
