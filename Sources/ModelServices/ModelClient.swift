import NIOSSL
import Text

/// What puts a request to a model, and tells of the answer: a `ModelClient`, or what a test has in its place.
public protocol ModelAnswering: Sendable {
    /// Puts `request` to `model` of `service`, and has `receive` told what comes: at the end `done` or `failed`, once.
    /// Returns after that, soon when the task is cancelled.
    func answer(
        _ request: ModelRequest, by model: ModelDescription, of service: ServiceDescription,
        receive: @escaping @Sendable (ModelEvent) async -> Void
    ) async

    /// The same, but a service that fails is not asked again. Default: itself.
    var withoutRetries: any ModelAnswering { get }
}

extension ModelAnswering {
    /// Itself.
    public var withoutRetries: any ModelAnswering { self }
}

/// Puts requests to model services, and tells of their answers while they come in.
///
/// Knows nothing of conversations that are kept, nor of what an answer is for. One may ask it of many services at once.
public final class ModelClient: ModelAnswering {
    private let connections: ServiceConnections
    private let limits: ServiceLimits
    private let retries: RetryPolicy

    /// A client that reaches services as `environment` says: through the proxies it names. Opens nothing yet.
    public convenience init(
        environment: [String: String], limits: ServiceLimits = ServiceLimits(), retries: RetryPolicy = RetryPolicy()
    ) {
        self.init(environment: environment, limits: limits, retries: retries, trustRoots: .default)
    }

    init(
        environment: [String: String], limits: ServiceLimits = ServiceLimits(), retries: RetryPolicy = RetryPolicy(),
        trustRoots: NIOSSLTrustRoots
    ) {
        connections = ServiceConnections(environment: environment, limits: limits, trustRoots: trustRoots)
        self.limits = limits
        self.retries = retries
    }

    private init(_ connections: ServiceConnections, _ limits: ServiceLimits, _ retries: RetryPolicy) {
        self.connections = connections
        self.limits = limits
        self.retries = retries
    }

    /// A client over the same connections that asks a service which fails no second time.
    public var withoutRetries: any ModelAnswering {
        var retries = retries
        retries.pauses = []
        return ModelClient(connections, limits, retries)
    }

    /// Puts `request` to `model` of `service`, and has `receive` told what comes: at the end `done` or `failed`, once.
    /// Returns after that.
    ///
    /// A service that fails before anything of an answer came is asked again, as the retry policy says. Nothing is thrown.
    /// When the task is cancelled, the connection is let go at once, and the end is a failure of the kind `aborted`.
    public func answer(
        _ request: ModelRequest, by model: ModelDescription, of service: ServiceDescription,
        receive: @escaping @Sendable (ModelEvent) async -> Void
    ) async {
        let exchange = ServiceExchange(
            call: ServiceCall(request, to: model, of: service), service: service, model: model,
            connections: connections, limits: limits, clock: retries.clock)
        let secrets = ServiceSecrets(service, model)
        var attempt = 1
        while true {
            var outcome = await exchange.run(receive)
            guard let failure = outcome.failure.map(secrets.hidden) else { return await receive(.done(outcome.answer)) }
            if !outcome.hasBegun, let pause = retries.pause(after: failure, attempt: attempt), !Task.isCancelled {
                await receive(.retry(ModelRetry(attempt: attempt, pause: pause, failure: failure)))
                attempt += 1
                do {
                    try await retries.sleep(pause)
                    continue
                } catch {
                    outcome.failure = .aborted
                    outcome.answer.stopReason = .aborted
                }
            }
            return await receive(
                .failed(outcome.failure.map(secrets.hidden) ?? failure, partial: outcome.answer))
        }
    }

    /// Closes the connections, which otherwise happens when nobody has the client any more. Who asks afterwards is told that the
    /// gateway is stopping.
    public func shutDown() async {
        await connections.shutDown()
    }
}

/// What a service is told that nobody else may hear.
private struct ServiceSecrets {
    private let texts: [String]

    /// A text this short, in bytes, is a word, as in "none".
    private static let shortest = 6

    init(_ service: ServiceDescription, _ model: ModelDescription) {
        let all = [service.key?.revealed()].compactMap(\.self) + service.headers.values + model.headers.values
        texts = all.filter { $0.utf8.count >= Self.shortest }.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// The most of a failure's text that is passed on, in bytes.
    private static let messageLimit = 600

    /// `failure` without them, and not too long: services like to repeat a key that they do not accept.
    func hidden(_ failure: ModelFailure) -> ModelFailure {
        var failure = failure
        for text in texts { failure.message = failure.message.replacing(text, with: "<secret>") }
        let short = failure.message.prefix(bytes: Self.messageLimit)
        if short.utf8.count < failure.message.utf8.count { failure.message = "\(short) [cut here]" }
        return failure
    }
}
