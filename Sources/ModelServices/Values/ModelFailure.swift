public import Time

/// Why a model service gave no answer, or not the whole of one.
public struct ModelFailure: Error, Equatable, Sendable {
    /// What kind of failure it is: what is done about it depends on that.
    public enum Kind: String, Sendable, CaseIterable {
        /// Nobody answers at the address.
        case unreachable
        /// The service's certificate is not trusted, or it speaks no TLS.
        case untrusted
        /// It did not answer, or not go on, in time.
        case timeout
        /// The key is wrong, or may not do this.
        case unauthorized
        /// There is no money or quota left.
        case exhausted
        /// Too much was asked in too short a time.
        case rateLimited
        /// The service has too much to do.
        case overloaded
        /// Something broke at the service.
        case broken
        /// There is no such model, or no such path.
        case notFound
        /// It would answer elsewhere. The key is not sent there.
        case redirected
        /// The conversation is longer than the model takes.
        case contextOverflow
        /// The service does not take the request.
        case rejected
        /// The service will not say it.
        case withheld
        /// What came is no answer of this format.
        case malformed
        /// The answer broke off.
        case truncated
        /// More came than is kept.
        case tooLong
        /// Whoever asked wants no answer any more.
        case aborted
    }

    /// What kind it is.
    public var kind: Kind
    /// What happened, and what to do about it: a sentence for people. Holds no key.
    public var message: String
    /// The HTTP status, where it was one that failed.
    public var status: Int?
    /// How long the service wants to be left alone.
    public var retryAfter: TimeSpan?

    /// A failure of this kind, in a sentence that holds no key.
    public init(_ kind: Kind, _ message: String, status: Int? = nil, retryAfter: TimeSpan? = nil) {
        self.kind = kind
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
    }

    /// Whether the same request may succeed a little later.
    public var isTransient: Bool {
        switch kind {
        case .unreachable, .timeout, .rateLimited, .overloaded, .broken, .truncated: true
        case .untrusted, .unauthorized, .exhausted, .notFound, .redirected, .contextOverflow, .rejected, .withheld,
            .malformed, .tooLong, .aborted:
            false
        }
    }
}

extension ModelFailure: CustomStringConvertible {
    /// The sentence.
    public var description: String { message }
}
