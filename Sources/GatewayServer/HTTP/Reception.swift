/// What is to become of a request, told by its head alone.
struct Reception: Sendable {
    /// What was asked for, as metrics call it: one of a known few, whatever the path.
    var route: String
    var outcome: Outcome

    /// How it is answered.
    enum Outcome: Sendable {
        /// Its content is not looked at; this is the answer.
        case answered(HTTPResponse)
        /// Its content is not looked at; the answer looks at files, and is made on a thread that may wait for the disk.
        case looked(answer: @Sendable () -> HTTPResponse)
        /// Its content is wanted, up to `limit` bytes, and the answer takes a while.
        case wanted(limit: Int, answer: @Sendable ([UInt8]) async -> HTTPResponse)
    }
}
