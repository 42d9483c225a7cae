import JSON
import Linux
import SystemPackage

/// An operation on files, which the helper does itself: nobody can change what a path means between a check and its use, for
/// there is no check; the cage is around the whole process.
enum FileOperation {
    /// What came of one: members of the answer, and bytes that follow it.
    struct Answer {
        var members: JSONObject
        var bytes: [UInt8] = []
    }

    /// The longest request, in bytes.
    static let requestLimit = 64 << 20

    /// Reads an operation from standard input, does it, and writes the answer to standard output: a line of JSON with `ok`, and
    /// the bytes that it speaks of. Returns the exit code.
    static func answerStandardInput() -> Int32 {
        var answer: Answer
        do throws(OperationError) {
            answer = try perform(try request())
            answer.members["ok"] = true
        } catch {
            answer = Answer(members: ["ok": false, "error": .string(error.message)])
        }
        do throws(Errno) {
            try FileDescriptor.standardOutput.writeEverything(
                JSON.object(answer.members).serialized() + [UInt8(ascii: "\n")] + answer.bytes)
            return 0
        } catch {
            return 1
        }
    }

    private static func request() throws(OperationError) -> Arguments {
        let text = try on("the request") { () throws(Errno) in
            try FileDescriptor.standardInput.readEverything(limit: requestLimit)
        }
        do {
            let json = try JSON(parsing: text, limits: JSON.Limits(depth: 16, length: requestLimit))
            guard let object = json.object else { throw OperationError("The request is no JSON object.") }
            return Arguments(object: object)
        } catch let error as OperationError {
            throw error
        } catch {
            throw OperationError("The request cannot be read: \(error).")
        }
    }

    private static func perform(_ arguments: Arguments) throws(OperationError) -> Answer {
        switch try arguments.string("operation") {
        case "read": try Reading(arguments).perform()
        case "write": try Writing(arguments).perform()
        case "edit": try Editing(arguments).perform()
        case "list": try Listing(arguments).perform()
        case "find": try Finding(arguments).perform()
        case "grep": try Searching(arguments).perform()
        case "patch": try Patching(arguments).perform()
        case let other: throw OperationError("There is no operation \"\(other)\".")
        }
    }

    /// The members of a request.
    struct Arguments {
        let object: JSONObject

        func string(_ name: String) throws(OperationError) -> String {
            guard let text = object[name]?.string else { throw OperationError("\"\(name)\" must be a string.") }
            return text
        }

        func string(_ name: String, default other: String) throws(OperationError) -> String {
            object[name] == nil ? other : try string(name)
        }

        func flag(_ name: String) -> Bool { object[name]?.bool ?? false }

        func number(_ name: String, default other: Int, in range: ClosedRange<Int>) throws(OperationError) -> Int {
            guard let value = object[name] else { return other }
            guard let number = value.integer, range.contains(Int(number)) else {
                throw OperationError(
                    "\"\(name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            return Int(number)
        }

        /// A path as the kernel takes it. `~` is the workspace, where the process stands.
        func path(_ name: String = "path", default other: String? = nil) throws(OperationError) -> String {
            let text = other == nil ? try string(name) : try string(name, default: other ?? "")
            guard !text.isEmpty else { throw OperationError("\"\(name)\" must not be empty.") }
            guard !text.utf8.contains(0) else { throw OperationError("\"\(name)\" must not hold a NUL character.") }
            if text == "~" { return "." }
            return text.utf8.starts(with: "~/".utf8) ? "./" + Substring(text.utf8.dropFirst(2)) : text
        }
    }
}
