package import JSON

/// Commands and events of the domain Runtime.
package enum RuntimeDomain {
    /// Has events come: those that were there before first.
    package struct Enable: DevToolsCommand {
        package static let method = "Runtime.enable"

        /// From now on.
        package init() {}
    }

    /// Has an expression evaluated.
    package struct Evaluate: DevToolsCommand {
        package static let method = "Runtime.evaluate"
        /// JavaScript.
        package var expression: String
        /// Whether the value comes, in place of something to call it by.
        package var returnsValue: Bool
        /// What the object that comes is let go of with.
        package var group: String?
        /// Where it is evaluated; nil for the page's own scripts' place.
        package var context: Int64?

        /// Evaluates `expression`, and waits for what it promises.
        package init(
            _ expression: String, returnsValue: Bool = true, group: String? = nil, in context: Int64? = nil
        ) {
            (self.expression, self.returnsValue, self.group) = (expression, returnsValue, group)
            self.context = context
        }

        package var parameters: JSONObject {
            var parameters: JSONObject = [
                "expression": .string(expression), "awaitPromise": true, "returnByValue": .bool(returnsValue),
                "userGesture": true,
            ]
            parameters["objectGroup"] = group.map(JSON.string)
            parameters["contextId"] = context.map(JSON.integer)
            return parameters
        }

        package static func answer(_ fields: Fields) throws(DevToolsError) -> Evaluation { try Evaluation(fields) }
    }

    /// Calls a function with an object as `this`.
    package struct CallFunctionOn: DevToolsCommand {
        package static let method = "Runtime.callFunctionOn"
        /// JavaScript that is a function.
        package var function: String
        /// What `this` is.
        package var object: String
        /// What it is called with.
        package var arguments: [JSON]

        /// Calls `function` on `object`, waits for what it promises, and has the value come.
        package init(_ function: String, on object: String, _ arguments: [JSON] = []) {
            (self.function, self.object, self.arguments) = (function, object, arguments)
        }

        package var parameters: JSONObject {
            [
                "functionDeclaration": .string(function), "objectId": .string(object),
                "arguments": .array(arguments.map { ["value": $0] }), "returnByValue": true, "awaitPromise": true,
                "userGesture": true,
            ]
        }

        package static func answer(_ fields: Fields) throws(DevToolsError) -> Evaluation { try Evaluation(fields) }
    }

    /// Lets go of the objects of a group.
    package struct ReleaseObjectGroup: DevToolsCommand {
        package static let method = "Runtime.releaseObjectGroup"
        /// Which.
        package var group: String

        /// Lets go of `group`.
        package init(_ group: String) { self.group = group }

        package var parameters: JSONObject { ["objectGroup": .string(group)] }
    }

    /// A page wrote to its console.
    package struct ConsoleAPICalled: DevToolsEvent {
        package static let method = "Runtime.consoleAPICalled"
        /// `log`, `warning`, `error`, `info`, `debug` and others.
        package var type: String
        /// What it wrote, the parts put together.
        package var text: String
        /// When, in milliseconds since 1970.
        package var timestamp: Double
        /// Which script, and from 0 which line of it; nil when that is not known.
        package var place: (url: String, line: Int64)?

        package init(_ fields: Fields) throws(DevToolsError) {
            type = try fields.string("type")
            text = try fields.array("args").map { RemoteObject($0).description }.joined(separator: " ")
            timestamp = try fields.number("timestamp")
            place = fields.json["stackTrace"]?["callFrames"]?.array?.first.flatMap { frame in
                guard let url = frame["url"]?.string, let line = frame["lineNumber"]?.integer else { return nil }
                return (url, line)
            }
        }
    }

    /// A page did not catch an error.
    package struct ExceptionThrown: DevToolsEvent {
        package static let method = "Runtime.exceptionThrown"
        /// What went wrong, with where.
        package var text: String
        /// Which script; empty when that is not known.
        package var url: String
        /// When, in milliseconds since 1970.
        package var timestamp: Double

        package init(_ fields: Fields) throws(DevToolsError) {
            let details = try fields.object("exceptionDetails")
            text = try Evaluation.text(of: details)
            url = details.json["url"]?.string ?? ""
            timestamp = try fields.number("timestamp")
        }
    }
}

/// What came of JavaScript.
package enum Evaluation: Sendable, Equatable {
    /// The value of the expression.
    case value(RemoteObject)
    /// An error that nothing caught.
    case exception(String)

    init(_ fields: Fields) throws(DevToolsError) {
        if let details = fields.optionalObject("exceptionDetails") {
            self = .exception(try Self.text(of: details))
        } else {
            self = .value(RemoteObject(try fields.object("result")))
        }
    }

    static func text(of details: Fields) throws(DevToolsError) -> String {
        if let description = details.json["exception"]?["description"]?.string { return description }
        if let value = details.json["exception"]?["value"] { return "Uncaught \(value.string ?? value.text())" }
        return try details.string("text")
    }
}

/// A value of JavaScript.
package struct RemoteObject: Sendable, Equatable {
    /// As `typeof` has it.
    package var type: String
    /// The value, when that could come.
    package var value: JSON?
    /// What it is called by in the page, when it is an object that stayed there.
    package var id: String?
    /// For people.
    package var description: String

    init(_ fields: Fields) {
        type = fields.json["type"]?.string ?? "undefined"
        value = fields.json["value"]
        id = fields.json["objectId"]?.string
        // -0, NaN, infinities and big integers are in no JSON.
        description =
            fields.json["description"]?.string ?? fields.json["unserializableValue"]?.string
            ?? value.map { $0.string ?? $0.text() } ?? type
    }
}
