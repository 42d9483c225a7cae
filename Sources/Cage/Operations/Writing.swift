import JSON

/// `write`: a file with this content, and no other.
struct Writing {
    private let path: String
    private let content: String

    init(_ arguments: FileOperation.Arguments) throws(OperationError) {
        path = try arguments.path()
        content = try arguments.string("content")
    }

    func perform() throws(OperationError) -> FileOperation.Answer {
        let bytes = Array(content.utf8)
        let isNew = try WorkFile(path: path).replace(with: bytes)
        return FileOperation.Answer(members: ["bytes": .integer(Int64(bytes.count)), "isNew": .bool(isNew)])
    }
}
