import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

@Test(arguments: [
    ("a", ["a"]), ("a.b.c", ["a", "b", "c"]), ("a[0].b", ["a", "0", "b"]), ("a[b.c]", ["a", "b.c"]),
    ("a[ b ].c", ["a", "b", "c"]), (#"a\.b.c"#, ["a.b", "c"]), (#"a\[0]"#, ["a[0]"]), ("a[0][1]", ["a", "0", "1"]),
    ("[x].y", ["x", "y"]), ("\u{e4}.b", ["\u{e4}", "b"]),
])
func `a path is read as people write it`(text: String, segments: [String]) throws {
    #expect(try ConfigurationPath(text).segments == segments)
}

@Test(arguments: ["", ".", "a.", ".a", "a..b", "a[", "a[]", "a[ ]", "a\\"])
func `what is no path is refused`(text: String) {
    #expect(throws: ConfigurationPath.Fault.self) { try ConfigurationPath(text) }
}

@Test(arguments: ["a.b", "a[0].b", "a[b.c].d", "a[x/y.z]"])
func `a path written is the path read`(text: String) throws {
    #expect(try ConfigurationPath(text).description == text)
}

private let json: JSON = ["a": ["b": [1, ["c": "x"]], "0": "zero"], "d": .null]

@Test(
    arguments: [
        ("a.b[1].c", "x"), ("a.b.0", 1), ("a[0]", "zero"), ("d", .null), ("a.x", nil), ("a.b[2]", nil), ("a.b.x", nil),
        ("d.e", nil),
    ] as [(String, JSON?)])
func `a path leads to what stands there`(path: String, value: JSON?) throws {
    #expect(try ConfigurationPath(path).value(in: json) == value)
}

@Test(
    arguments: [
        ("a.b[1].c", 5, ["a": ["b": [1, ["c": 5]], "0": "zero"], "d": .null]),
        ("a.b[2]", 5, ["a": ["b": [1, ["c": "x"], 5], "0": "zero"], "d": .null]),
        ("e.f.g", 5, ["a": ["b": [1, ["c": "x"]], "0": "zero"], "d": .null, "e": ["f": ["g": 5]]]),
        ("e.f[0].g", 5, ["a": ["b": [1, ["c": "x"]], "0": "zero"], "d": .null, "e": ["f": [["g": 5]]]]),
    ] as [(String, JSON, JSON)])
func `what is missing on the way is made`(path: String, value: JSON, expected: JSON) throws {
    #expect(try ConfigurationPath(path).setting(value, in: json) == expected)
}

@Test(arguments: ["a.b[3]", "a.b.x", "d.e", "a.b[0].c"])
func `nothing on the way is destroyed`(path: String) {
    #expect(throws: ConfigurationPath.Fault.self) { try ConfigurationPath(path).setting(1, in: json) }
}

@Test(
    arguments: [
        ("a.b[0]", ["a": ["b": [["c": "x"]], "0": "zero"], "d": .null]), ("a", ["d": .null]), ("x", nil),
        ("a.b[5]", nil), ("d.x", nil),
    ] as [(String, JSON?)])
func `elements behind a removed one move up`(path: String, expected: JSON?) throws {
    #expect(try ConfigurationPath(path).removing(from: json) == expected)
}

@Test(arguments: try Vectors.rows("merge-patch"))
func `a merge patch changes what it names`(row: JSON) throws {
    let base = try #require(row["base"])
    let patch = try #require(row["patch"])
    #expect(base.mergePatched(by: patch).isSame(as: try #require(row["out"]?["value"])))
}

@Test(arguments: try Vectors.rows("durations"))
func `durations are read in their units`(row: JSON) throws {
    let text = try #require(row["in"]?.string)
    for (name, unit) in [("ms", TimeSpan.Unit.milliseconds), ("m", .minutes)] {
        let expected = row[name]
        do throws(DurationText.Fault) {
            let span = try DurationText.span(text, unit: unit)
            #expect(span.json == expected?["value"])
        } catch {
            #expect(error.description == expected?["throws"]?.string)
        }
    }
}
