import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway

private let main = AbsolutePath("/c/main.json") ?? .root

/// The snapshot of `text` at /c/main.json beside `files`.
private func snapshot(
    _ text: String, files: [String: String] = [:], environment: [String: String] = [:]
) -> ConfigurationSnapshot {
    ConfigurationReader(environment: environment) { path in files[path.text].map { Array($0.utf8) } }
        .snapshot(of: main, text: Array(text.utf8))
}

@Test(arguments: try Vectors.rows("includes"))
func `files are put together as the original did`(row: JSON) throws {
    let files = row["files"]?.object?.members.map { ($0.name, $0.value.string ?? "") } ?? []
    let read = { @Sendable (path: AbsolutePath) throws(StorageError) -> [UInt8]? in
        files.first { $0.0 == path.text }.map { Array($0.1.utf8) }
    }
    let document = try JSON5Document(parsing: try #require(row["in"]).serialized())
    var includes = Includes(main: main, document: document, read: read)
    do throws(Includes.Fault) {
        let value = try includes.expand(document.value, chain: [main])
        #expect(row["out"]?["value"].map(value.isSame) == true)
    } catch {
        #expect(error.message == row["out"]?["throws"]?.string)
    }
}

@Test(arguments: try Vectors.rows("env-substitution"))
func `variables are put in as the original did`(row: JSON) throws {
    let environment = row["env"]?.object?.members.map { ($0.name, $0.value.string ?? "") } ?? []
    var variables = Variables(Dictionary(uniqueKeysWithValues: environment))
    let value = variables.substitute(try #require(row["in"]))
    if let expected = row["out"]?["throws"]?.string {
        #expect(variables.missing.first?.message == expected)
    } else {
        #expect(variables.missing.isEmpty)
        #expect(value.isSame(as: try #require(row["out"]?["value"])))
    }
}

@Test func `a fault in an included file is named there`() {
    let files = [
        "/c/a.json5": "// a\n{\n  port: 'x',\n}", "/c/sub/b.json": #"{"mode": "locl", "$include": "../a.json5"}"#,
    ]
    let direct = snapshot("{gateway: {$include: './a.json5'}}", files: files)
    #expect(direct.faults.map { "\($0.file):\($0.position?.description ?? "")" } == ["/c/a.json5:3:9"])
    #expect(direct.files.map(\.text) == ["/c/main.json", "/c/a.json5"])
    let nested = snapshot("{gateway: {$include: ['./sub/b.json'], bind: 'lann'}}", files: files)
    #expect(
        nested.faults.map { "\($0.file):\($0.position?.description ?? "")" }
            == ["/c/main.json:1:46", "/c/a.json5:3:9", "/c/sub/b.json:1:10"])
    #expect(nested.files.count == 3)
}

@Test func `an included file that cannot be used is named where it is asked for`() {
    let files = ["/c/bad.json": "{\n  oops"]
    let bad = snapshot("{\n  session: {$include: './bad.json'}}", files: files)
    #expect(
        bad.faults.map(\.description) == [
            "/c/main.json:2:23: session: Failed to parse include file: ./bad.json (resolved: /c/bad.json); "
                + "2:7: the text ends too early"
        ])
    #expect(bad.faults.first?.kind == .unreadable)
    let missing = snapshot("{$include: './none.json'}")
    #expect(missing.faults.first?.description.contains("there is no such file") == true)
}

@Test func `files that include each other many times are not read for ever`() {
    var files: [String: String] = [:]
    for level in 0..<9 {
        files["/c/\(level).json"] = #"{"$include": ["\#(level + 1).json", "\#(level + 1).json", "\#(level + 1).json"]}"#
    }
    files["/c/9.json"] = "{}"
    #expect(snapshot("{$include: '0.json'}", files: files).faults.first?.message == "More than 100 files are included")
    var chain: [String: String] = [:]
    for level in 0..<20 { chain["/c/\(level).json"] = #"{"$include": "\#(level + 1).json"}"# }
    #expect(
        snapshot("{$include: '0.json'}", files: chain).faults.first?.message
            == "Maximum include depth (10) exceeded at: /c/10.json")
}

@Test func `a variable is found in the environment first, then in env`() {
    let text = "{env: {A: 'own', vars: {B: 'own', C: 'own'}}, ui: {seamColor: '${A}${B}'}, talk: {modelId: '${C}'}}"
    let read = snapshot(text, environment: ["A": "0066", "B": "CC", "C": ""])
    #expect(read.faults == [])
    #expect(read.resolved?["ui"]?["seamColor"] == "0066CC")
    #expect(read.resolved?["talk"]?["modelId"] == "own")
    #expect(read.variables == ["C": "own"])
}

@Test func `a missing variable is named with its place and the way out`() {
    let read = snapshot("{\n  gateway: {auth: {token: '${TOKEN}'}}}")
    #expect(
        read.faults.map(\.description) == [
            "/c/main.json:2:27: Missing env var \"TOKEN\" referenced at config path: gateway.auth.token; set it, or write "
                + "$${TOKEN} for the text"
        ])
    #expect(read.faults.first?.kind == .variable)
}

@Test func `text that is no JSON5 is told of with its place`() {
    #expect(snapshot("{ // hi\n  a b\n}").faults.map(\.description) == ["/c/main.json:2:5: expected a colon"])
    #expect(snapshot("").faults.map(\.description) == ["/c/main.json:1:1: the text ends too early"])
}

@Test func `without a file nothing is wrong, and the hash is that of nothing`() {
    let read = ConfigurationReader(environment: [:]) { _ in nil }.snapshot(of: main, text: nil)
    #expect(read.isValid)
    #expect(read.hash == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
}

@Test func `files under the names of the older products are not read`() throws {
    // N26: their state is somebody else's.
    let home = try TemporaryDirectory()
    for directory in [".openclaw", ".clawdbot", ".moltbot"] {
        for name in ["openclaw.json", "clawdbot.json", "moltbot.json", "mazelclaw.json"] {
            try home.write(#"{"gateway": {"mode": "local"}}"#, to: "\(directory)/\(name)")
        }
    }
    try home.write(#"{"gateway": {"mode": "local"}}"#, to: ".mazelclaw/moltbot.json")
    let environment = ["OPENCLAW_STATE_DIR": "\(home.path)/.openclaw", "CLAWDBOT_CONFIG_PATH": "\(home.path)/x"]
    let instance = try Instance(
        selection: InstanceSelection(argument: nil, environment: environment), profile: nil, home: home.path,
        workingDirectory: home.path)
    #expect(instance.configurationFile.value == home.path / ".mazelclaw/mazelclaw.json")
    #expect(try ConfigurationFile.load(for: instance).map { _ in true } == nil)
}

@Test(arguments: ["../d/a.json", "/d/a.json", "./sub/../../d/a.json", "/c/../d/a.json"])
func `nothing outside of the configuration's directory is included`(target: String) {
    let files = ["/d/a.json": "{}", "/c/a.json": "{}", "/c/sub/a.json": #"{"$include": "../a.json"}"#]
    let fault = snapshot("{$include: '\(target)'}", files: files).faults.first
    #expect(fault?.message == "\(target) lies outside of the configuration's directory")
    for target in ["./a.json", "/c/a.json", "sub/a.json", "../c/a.json"] {
        #expect(snapshot("{$include: '\(target)'}", files: files).faults == [], "\(target)")
    }
}

@Test func `an included file is a regular one, and no link is followed to it`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("{}", to: "c/a.json")
    try directory.write("{}", to: "d/a.json")
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: "\(directory.path)/c/link.json", withDestinationPath: "a.json")
    try manager.createSymbolicLink(atPath: "\(directory.path)/c/sub", withDestinationPath: "../d")
    try #require(mkfifo("\(directory.path)/c/pipe.json", 0o600) == 0)
    func fault(_ target: String) throws -> String? {
        let path = directory.path / "c/main.json"
        return ConfigurationReader(environment: [:]).snapshot(of: path, text: Array("{$include: '\(target)'}".utf8))
            .faults.first?.advice
    }
    #expect(try fault("./a.json") == nil)
    for target in ["./link.json", "./sub/a.json"] { #expect(try fault(target)?.contains("symbolic link") == true) }
    #expect(try fault("./pipe.json")?.contains("regular file") == true)
}
