import Foundation
import JSON
import Testing

@testable import Gateway
@testable import GatewayProtocol
@testable import Time

private enum Color: String, CaseIterable { case red, green }

private struct Inner: Sendable {
    var size: Int64

    static let schema = Schema(Field(required: "size", .integer(1...9), "A size."), as: Inner.init)
}

private struct Whole: Sendable {
    var name: String
    var color: Color?
    var inner: Inner?
    var list: [Inner]
    var label: Change<String>?

    static let schema = Schema(
        Field(required: "name", .string(1...3), "A name."), Field("color", Shape<Color>.word, "A color."),
        Field("inner", .object(Inner.schema), "A part."),
        Field("list", .array(of: .object(Inner.schema)), default: [], "Parts."),
        Field("label", .nullable(.nonEmptyString), "A label."), as: Whole.init)
}

@Test func `an object is read into the value its schema makes`() throws {
    var faults = Faults()
    let value = Whole.schema.read(
        ["label": .null, "list": [["size": 2.0]], "name": "ab", "inner": ["size": 1], "color": "green"], &faults)
    #expect(faults.isEmpty)
    #expect(value?.name == "ab")
    #expect(value?.color == .green)
    #expect(value?.inner?.size == 1)
    #expect(value?.list.map(\.size) == [2])
    guard case .clear = value?.label else {
        Issue.record("\(String(describing: value?.label))")
        return
    }
}

@Test(
    arguments: [
        ([], "must be object"), ([:], "must have required property 'name'"),
        (["x": 1], "must have required property 'name'; at root: unexpected property 'x'"),
        (["name": ""], "at /name: must NOT have fewer than 1 characters"),
        (["name": "abcd"], "at /name: must NOT have more than 3 characters"),
        (["name": 1], "at /name: must be string"),
        (["name": "äöü"], ""),
        (
            ["name": "a", "color": "blue"],
            "at /color: must be equal to constant; at /color: must match a schema in anyOf"
        ),
        (["name": "a", "inner": [:]], "at /inner: must have required property 'size'"),
        (["name": "a", "inner": ["size": 1, "x/y": 1]], "at /inner: unexpected property 'x/y'"),
        (
            ["name": "a", "list": [["size": 1], ["size": 0], 7]],
            "at /list/1/size: must be >= 1; at /list/2: must be object"
        ),
        (["name": "a", "list": [:]], "at /list: must be array"),
        (["name": "a", "inner": ["size": 1.5]], "at /inner/size: must be integer"),
        (["name": "a", "inner": ["size": 10]], "at /inner/size: must be <= 9"),
        (
            ["name": "a", "label": 1],
            "at /label: must be string; at /label: must be null; at /label: must match a schema in anyOf"
        ),
    ] as [(JSON, String)])
func `everything wrong is told at once, in the validator's words and order`(json: JSON, expected: String) {
    var faults = Faults()
    let value = Whole.schema.read(json, &faults)
    #expect(faults.text == expected)
    #expect((value == nil) == !faults.isEmpty)
}

@Test func `of many mistakes the first are told, and that there are more`() {
    let list = Shape<[Int64]>.array(of: .integer)
    let few = list.faults(in: .array(Array(repeating: "x", count: Faults.limit)))
    #expect(few.text.components(separatedBy: "; ").count == Faults.limit)
    #expect(!few.text.hasSuffix("and more"))
    let members = (0..<50_000).map { JSONObject.Member(name: "m\($0)", value: "x") }
    for faults in [
        list.faults(in: .array(Array(repeating: "x", count: 50_000))),
        Shape<[Named<Int64>]>.record(of: .integer).faults(in: .object(JSONObject(members))),
        Shape<Inner>.object(Inner.schema).faults(in: .object(JSONObject(members))),
    ] {
        #expect(!faults.isEmpty)
        #expect(faults.text.components(separatedBy: "; ").count <= Faults.limit + 1)
    }
    // A union within a list tells of each of its schemas.
    let union = Shape<[Change<Int64>]>.array(of: .nullable(.integer))
    #expect(union.faults(in: .array(Array(repeating: "x", count: 50_000))).text.hasSuffix("and more"))
    #expect(union.faults(in: [1, .null, 2]).isEmpty)
}

@Test func `a name that is repeated in a message is cut`() {
    let name = String(repeating: "n", count: 100_000)
    let faults = Shape<Inner>.object(Inner.schema).faults(
        in: .object(JSONObject([.init(name: "size", value: 1), .init(name: name, value: 1)])))
    #expect(faults.text == "at root: unexpected property '\(String(repeating: "n", count: 64))…'")
}

@Test(arguments: [.min, -1, 0, 1, Timestamp.range.upperBound, Timestamp.range.upperBound + 1, .max] as [Int64])
func `a number that is no time is a fault`(number: Int64) {
    var faults = Faults()
    #expect(Shape.timestamp.read(.integer(number), &faults) == Timestamp(milliseconds: number))
    #expect(faults.isEmpty == Timestamp.range.contains(number))
}
