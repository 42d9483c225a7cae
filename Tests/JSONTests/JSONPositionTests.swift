import JSON
import Testing

@Suite struct JSONPositionTests {
    private let text = Array(
        """
        {
          "a": 1,
          "list": [
            {"x": true},
            {"é": null, "y": [10, 20]}
          ],
          "last": "\\n"
        }
        """.utf8)

    @Test(arguments: [
        ([JSON.PathComponent](), 1, 1),
        ([.name("a")], 2, 8),
        ([.nameOf("a")], 2, 3),
        ([.name("list")], 3, 11),
        ([.name("list"), .index(0)], 4, 5),
        ([.name("list"), .index(0), .name("x")], 4, 11),
        // Columns count bytes: é has two.
        ([.name("list"), .index(1), .nameOf("y")], 5, 18),
        ([.name("list"), .index(1), .name("y"), .index(1)], 5, 28),
        ([.name("last")], 7, 11),
    ])
    func `a value is found by its path`(path: [JSON.PathComponent], line: Int, column: Int) {
        let position = JSON.position(of: path, in: text)
        #expect(position?.line == line)
        #expect(position?.column == column)
    }

    @Test(arguments: [
        [JSON.PathComponent.name("b")], [.index(0)], [.name("list"), .index(2)], [.name("a"), .name("b")],
        [.name("list"), .name("x")], [.nameOf("x")],
    ])
    func `a path that leads nowhere has no place`(path: [JSON.PathComponent]) {
        #expect(JSON.position(of: path, in: text) == nil)
    }

    @Test func `a place before a later fault is still found`() {
        let broken = Array("{\"a\": 1,\n\"b\": }".utf8)
        #expect(JSON.position(of: [.name("a")], in: broken)?.description == "1:7")
    }

    @Test(arguments: [(0, "1:1"), (1, "1:2"), (2, "2:1"), (3, "3:1"), (4, "3:2"), (99, "3:3")])
    func `lines and columns count from one`(offset: Int, place: String) {
        #expect(JSONPosition(offset: offset, in: Array("a\n\nbc".utf8)).description == place)
    }
}
