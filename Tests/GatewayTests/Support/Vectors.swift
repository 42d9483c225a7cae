import Foundation
import JSON
import Testing

/// The tables of input and output beside the tests.
enum Vectors {
    /// The rows of the table `name`.
    static func rows(_ name: String) throws -> [JSON] {
        let file = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"))
        let rows = try JSON(parsing: Array(Data(contentsOf: file)))
        return try #require(rows.array)
    }
}
