import JSON
import Testing

@Suite struct JSONObjectTests {
    @Test func `members keep their order when one is set, added and removed`() {
        var object = JSONObject([
            JSONObject.Member(name: "a", value: 1), JSONObject.Member(name: "b", value: 2),
        ])
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        object["absent"] = nil
        #expect(object.members.map(\.name) == ["a", "c"])
        #expect(object["a"] == 3)
        #expect(object["b"] == nil)
    }

    @Test(arguments: [1, 16, 17, 18, 100, 5000])
    func `members are found by name, however many there are`(count: Int) {
        let names = (0..<count).map { "name \($0)" }
        var object = JSONObject(names.map { JSONObject.Member(name: $0, value: .string($0)) })
        for name in names { #expect(object[name] == .string(name)) }
        #expect(object["name"] == nil)
        // One by one it becomes the same.
        var grown = JSONObject()
        for name in names { grown[name] = .null }
        for name in names { grown[name] = .string(name) }
        #expect(grown == object)
        #expect(grown.members.map(\.name) == names)
        // Those behind one that goes are found where they are then.
        object[names[0]] = nil
        object["new"] = true
        #expect(object[names[0]] == nil)
        #expect(object["new"] == true)
        for name in names.dropFirst() { #expect(object[name] == .string(name)) }
    }

    @Test(arguments: [0, 40])
    func `names that only look the same are two`(others: Int) throws {
        let filler = (0..<others).map { "\"\($0)\":0," }.joined()
        let text = "{\(filler)\"\u{E9}\":1,\"e\u{301}\":2,\"K\":3,\"\u{212A}\":4}"
        let object = try #require(try JSON(parsing: Array(text.utf8)).object)
        #expect(object["\u{E9}"] == 1)
        #expect(object["e\u{301}"] == 2)
        #expect(object["K"] == 3)
        #expect(object["\u{212A}"] == 4)
    }

    @Test func `a value answers only for its own kind`() {
        #expect(JSON.integer(1).number == 1)
        #expect(JSON.double(1).integer == nil)
        #expect(JSON.integer(1).string == nil)
        #expect(JSON.string("true").bool == nil)
        #expect(JSON.null.object == nil)
        #expect(JSON.array([]).kind == "array")
        #expect(JSON.bool(true)["a"] == nil)
    }
}
