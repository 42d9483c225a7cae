import JSON
import Testing

/// What the article "Read, write and edit" shows, line by line; ArchitectureTests compares the two.
@Suite struct JSONArticleTests {
    @Test func `a value is read, and what is not there is nil`() throws {
        let value = try JSON(parsing: Array(#"{"basePort": 19789, "binds": []}"#.utf8))
        let port = value["basePort"]?.integer
        let binds = value["binds"]?.array
        #expect(port == 19789)
        #expect(binds == [])
    }

    @Test func `a fault is told by its place`() {
        var lines: [String] = []
        func print(_ line: String) { lines.append(line) }
        let text = Array("{\n  \"basePort\": 19789,\n}".utf8)
        do {
            _ = try JSON(parsing: text)
        } catch {
            let place = JSONPosition(offset: error.offset, in: text)
            print("line \(place.line), column \(place.column): \(error)")
        }
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("line 3, column 1: ") == true)
    }

    @Test func `a value is written in the order of its members`() {
        let profile: JSON = ["basePort": 19789, "network": "private"]
        let line = profile.text()
        let file = profile.text(pretty: true)
        #expect(line == #"{"basePort":19789,"network":"private"}"#)
        #expect(file == "{\n  \"basePort\": 19789,\n  \"network\": \"private\"\n}")
    }

    @Test func `an edit keeps the comments`() throws {
        let document = try JSON5Document(parsing: Array("{\n  // mine\n  port: 20000,\n}\n".utf8))
        var changed = document.value.object ?? JSONObject()
        changed["port"] = 20001
        let edited = document.text(for: .object(changed))
        #expect(edited == Array("{\n  // mine\n  port: 20001,\n}\n".utf8))
    }
}
