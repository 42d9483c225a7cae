import Foundation
import JSON
import Testing

/// The tables of input and output beside the tests.
enum Vectors {
    /// The rows of the table `name`.
    static func rows(_ name: String) throws -> [JSON] {
        let rows = try JSON(parsing: content(name, "json"))
        return try #require(rows.array)
    }

    /// The lines of the text `name`.
    static func lines(_ name: String) throws -> [String] {
        try String(decoding: content(name, "txt"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func content(_ name: String, _ type: String) throws -> [UInt8] {
        let file = try #require(Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Vectors"))
        return try Array(Data(contentsOf: file))
    }
}
