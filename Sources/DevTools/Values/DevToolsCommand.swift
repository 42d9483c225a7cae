package import JSON

/// A command of the DevTools protocol: what is sent, and how its answer is read.
package protocol DevToolsCommand: Sendable {
    /// What a successful answer says.
    associatedtype Answer: Sendable

    /// The domain and the name: `Page.navigate`.
    static var method: String { get }

    /// What it takes, as it is written.
    var parameters: JSONObject { get }

    /// Reads an answer. Throws `DevToolsError.malformed` for one that the protocol does not have.
    static func answer(_ fields: Fields) throws(DevToolsError) -> Answer
}

extension DevToolsCommand {
    /// It takes nothing.
    package var parameters: JSONObject { [:] }
}

extension DevToolsCommand where Answer == Void {
    /// It says nothing but that it was done.
    package static func answer(_ fields: Fields) throws(DevToolsError) {}
}
