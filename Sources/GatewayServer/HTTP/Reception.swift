/// What is to become of a request, told by its head alone.
enum Reception: Sendable {
    /// Its content is not looked at; this is the answer.
    case answered(HTTPResponse)
    /// Its content is wanted, up to `limit` bytes, and the answer takes a while.
    case wanted(limit: Int, answer: @Sendable ([UInt8]) async -> HTTPResponse)
}
