/// Why a service could not be installed, started or stopped, in one sentence: what, where, what to do.
struct ServiceError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
