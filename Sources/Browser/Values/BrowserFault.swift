/// Why a request to browser control came to nothing.
package struct BrowserFault: Error, Equatable, Sendable {
    /// The HTTP status: 400 for what cannot be meant, 403 for what is switched off, 404 for a profile, tab or path that
    /// there is not, 409 where the browser does not run or more than one tab could be meant, 500 for what went wrong in the
    /// browser, 503 where it could not be started.
    package var status: Int
    /// One sentence.
    package var message: String

    /// - Parameters:
    ///   - status: the HTTP status code of the answer.
    ///   - message: one sentence for a person.
    package init(_ status: Int, _ message: String) { (self.status, self.message) = (status, message) }
}

extension BrowserFault: CustomStringConvertible {
    /// The sentence.
    package var description: String { message }
}
