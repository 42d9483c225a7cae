import Foundation
import JSON

/// A table of inputs and outputs: a file of `Vectors`, one array of rows.
func vectors(_ name: String) -> [JSON] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/\(name).json")
    guard let data = try? Data(contentsOf: file), let value = try? JSON(parsing: [UInt8](data)),
        let rows = value.array, !rows.isEmpty
    else { preconditionFailure("\(file.path) holds no table") }
    return rows
}
