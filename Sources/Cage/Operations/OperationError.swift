import Linux
import SystemPackage

/// Why an operation on files was not done: a sentence for the model, which can do something about it.
struct OperationError: Error {
    let message: String

    init(_ message: String) { self.message = message }

    /// What the kernel answered about `path`.
    init(_ path: String, _ errno: Errno) {
        message =
            switch errno {
            case .noSuchFileOrDirectory: "\(path): there is no such file or directory."
            case .permissionDenied, .notPermitted, .readOnlyFileSystem:
                "\(path): this is not permitted (\(errno.name)). Files of the workspace can be used; what lies outside of it "
                    + "cannot, except to read the system's own programs."
            case .notDirectory: "\(path): a part of this path is a file, and no directory."
            case .isDirectory: "\(path): this is a directory."
            case .noSpace: "\(path): there is no space left."
            case .tooManySymbolicLinkLevels: "\(path): the links of this path lead in a circle."
            case .fileTooLarge: "\(path): this file is too large."
            case .fileNameTooLong: "\(path): this name is too long."
            default: "\(path): \(errno.name) (\(errno))."
            }
    }
}

/// Does `body` on the file at `path`; what the kernel answers becomes a sentence about it.
func on<Value>(_ path: String, _ body: () throws(Errno) -> Value) throws(OperationError) -> Value {
    do throws(Errno) {
        return try body()
    } catch {
        throw OperationError(path, error)
    }
}
