package import JSON

/// A JSON file being read strictly: every fault names the file, the line and what was expected.
package struct StrictDocument {
    package let file: String
    package let text: [UInt8]
    package let root: JSON

    package init(file: String, text: [UInt8]) throws(PolicyError) {
        self.file = file
        self.text = text
        do {
            root = try JSON(parsing: text, limits: JSON.Limits(depth: 16, length: 1 << 20))
        } catch {
            throw PolicyError(
                file: file, position: JSONPosition(offset: error.offset, in: text), message: error.description)
        }
    }

    package func object() throws(PolicyError) -> StrictObject {
        try StrictObject(document: self, path: [], value: root)
    }

    package func error(at path: [JSON.PathComponent], _ message: String) -> PolicyError {
        PolicyError(file: file, position: JSON.position(of: path, in: text), message: message)
    }
}
