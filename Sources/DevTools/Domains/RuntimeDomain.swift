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

    /// Calls a function, with an object as `this` or without.
    package struct CallFunctionOn: DevToolsCommand {
        /// What `this` is.
        package enum Receiver: Sendable {
            /// The object with this id.
            case object(String)
            /// What scripts that run in this place have.
            case context(Int64)
        }

        /// One thing that it is called with.
        package enum Argument: Sendable {
            /// A value.
            case value(JSON)
            /// The object with this id.
            case object(String)
        }

        /// How what it returns comes.
        package enum Outcome: Sendable {
            /// As its value. The page may do what it may after a click.
            case value
            /// As something to call it by, until `group` is let go, and as `RemoteObject.parts` so many levels deep.
            case parts(depth: Int64, group: String)
        }

        package static let method = "Runtime.callFunctionOn"
        /// JavaScript that is a function.
        package var function: String
        /// What `this` is.
        package var receiver: Receiver
        /// What it is called with.
        package var arguments: [Argument]
        /// How what it returns comes.
        package var outcome: Outcome

        /// Calls `function` on `object`, waits for what it promises, and has the value come.
        package init(_ function: String, on object: String, _ arguments: [JSON] = []) {
            self.init(function, on: .object(object), arguments.map(Argument.value), outcome: .value)
        }

        /// Calls `function` on `receiver`, and waits for what it promises.
        package init(_ function: String, on receiver: Receiver, _ arguments: [Argument], outcome: Outcome) {
            (self.function, self.receiver, self.arguments, self.outcome) = (function, receiver, arguments, outcome)
        }

        package var parameters: JSONObject {
            var parameters: JSONObject = [
                "functionDeclaration": .string(function), "awaitPromise": true,
            ]
            switch receiver {
            case .object(let id): parameters["objectId"] = .string(id)
            case .context(let id): parameters["executionContextId"] = .integer(id)
            }
            parameters["arguments"] = .array(
                arguments.map { argument in
                    switch argument {
                    case .value(let value): ["value": value]
                    case .object(let id): ["objectId": .string(id)]
                    }
                })
            switch outcome {
            case .value:
                parameters["returnByValue"] = true
                // It counts as something that a person did.
                parameters["userGesture"] = true
            case .parts(let depth, let group):
                parameters["objectGroup"] = .string(group)
                // Of nodes their ids alone are wanted.
                parameters["serializationOptions"] = [
                    "serialization": "deep", "maxDepth": .integer(depth),
                    "additionalParameters": ["maxNodeDepth": 0, "includeShadowTree": "none"],
                ]
            }
            return parameters
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
    /// What it is made of (`deepSerializedValue`), where that was asked for.
    package var parts: Part?

    init(_ fields: Fields) {
        type = fields.json["type"]?.string ?? "undefined"
        value = fields.json["value"]
        id = fields.json["objectId"]?.string
        // -0, NaN, infinities and big integers are in no JSON.
        description =
            fields.json["description"]?.string ?? fields.json["unserializableValue"]?.string
            ?? value.map { $0.string ?? $0.text() } ?? type
        parts = fields.json["deepSerializedValue"].map(Part.init)
    }

    /// A value of JavaScript as WebDriver BiDi writes it down.
    package struct Part: Sendable, Equatable {
        private let json: JSON

        init(_ json: JSON) { self.json = json }

        /// The text that it is; nil for anything else.
        package var text: String? { json["value"]?.string }

        /// What is in an array; nil for anything else, and for one that was not gone into.
        package var elements: [Part]? { json["value"]?.array?.map(Part.init) }

        /// The id that a node keeps as long as it is there; nil for anything else.
        package var backendNode: Int64? { json["value"]?["backendNodeId"]?.integer }

        /// The same of the root of an element's shadow tree, if it is one that scripts are not shown.
        package var closedRoot: Int64? {
            guard let root = json["value"]?["shadowRoot"]?["value"], root["mode"] == "closed" else { return nil }
            return root["backendNodeId"]?.integer
        }
    }
}
