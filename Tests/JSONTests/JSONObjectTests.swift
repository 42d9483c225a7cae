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
