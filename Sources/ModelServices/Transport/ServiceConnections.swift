import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization
import Time

/// The HTTP connections to model services, which are kept open for a while.
///
/// The certificate of a service is always verified. A redirect is not followed: the key would go to another host.
final class ServiceConnections: Sendable {
    private struct State {
        var clients: [ProxySettings.Proxy?: HTTPClient] = [:]
        var isShutDown = false
    }

    private let proxies: ProxySettings
    private let limits: ServiceLimits
    private let trustRoots: NIOSSLTrustRoots
    // Made when they are needed: a gateway without models starts no thread for them.
    private let state = Mutex(State())

    init(environment: [String: String], limits: ServiceLimits, trustRoots: NIOSSLTrustRoots = .default) {
        proxies = ProxySettings(environment: environment)
        self.limits = limits
        self.trustRoots = trustRoots
    }

    deinit {
        for client in state.withLock(\.clients).values { client.shutdown { _ in } }
    }

    /// Makes `call` to the service at `address`; returns when the head of its answer is there. Throws `ModelFailure`.
    func send(_ call: ServiceCall, to address: ServiceAddress) async throws(ModelFailure) -> HTTPClientResponse {
        let client = try client(for: try proxies.proxy(for: address))
        var request = HTTPClientRequest(url: call.url)
        request.method = .POST
        request.headers = HTTPHeaders(call.headers.map { ($0.name, $0.value) })
        request.body = .bytes(ByteBuffer(bytes: call.body))
        do {
            return try await client.execute(request, deadline: .distantFuture)
        } catch {
            throw ModelFailure(error, at: address, hasBegun: false)
        }
    }

    private func client(for proxy: ProxySettings.Proxy?) throws(ModelFailure) -> HTTPClient {
        try state.withLock { (state) throws(ModelFailure) in
            guard !state.isShutDown else { throw ModelFailure(.aborted, "the gateway is stopping") }
            if let client = state.clients[proxy] { return client }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration(proxy))
            state.clients[proxy] = client
            return client
        }
    }

    private func configuration(_ proxy: ProxySettings.Proxy?) -> HTTPClient.Configuration {
        var encryption = TLSConfiguration.makeClientConfiguration()
        encryption.trustRoots = trustRoots
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: encryption, redirectConfiguration: .disallow,
            timeout: .init(connect: .milliseconds(limits.connectTime.milliseconds)), decompression: .disabled)
        // A port where nobody listens is told at once, not when the time for a connection is over.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.proxy = proxy.map { proxy in
            switch proxy.kind {
            case .socks: .socksServer(host: proxy.host, port: proxy.port)
            case .http:
                .server(
                    host: proxy.host, port: proxy.port,
                    authorization: proxy.credentials.map { .basic(username: $0.name, password: $0.password) })
            }
        }
        return configuration
    }

    /// Closes them all. Nothing can be asked any more.
    func shutDown() async {
        let clients = state.withLock { state in
            state.isShutDown = true
            defer { state.clients = [:] }
            return Array(state.clients.values)
        }
        for client in clients {
            do {
                try await client.shutdown()
            } catch {
                // What is left to close is closed with the process.
            }
        }
    }
}
