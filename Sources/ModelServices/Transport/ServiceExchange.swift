import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import Synchronization
import Time

/// One request to a service, and its answer.
struct ServiceExchange: Sendable {
    let call: ServiceCall
    let service: ServiceDescription
    let model: ModelDescription
    let connections: ServiceConnections
    let limits: ServiceLimits
    let clock: WallClock

    /// What came of it.
    struct Outcome: Sendable {
        /// The answer, whole or as far as it came.
        var answer: ModelAnswer
        /// Why it is not whole.
        var failure: ModelFailure?
        /// Whether anything of the answer was told.
        var hasBegun = false
    }

    private enum Part: Sendable {
        case outcome(Outcome)
        case watch(isOverdue: Bool)
    }

    /// Makes the request and has `receive` told of the answer, without its end. Ends at once when its task is cancelled.
    func run(_ receive: @escaping @Sendable (ModelEvent) async -> Void) async -> Outcome {
        let watchdog = Watchdog((limits.connectTime + limits.firstByteTime).duration)
        return await withTaskGroup(of: Part.self) { group in
            group.addTask { .outcome(await exchange(watchdog, receive)) }
            group.addTask { .watch(isOverdue: await watchdog.watch()) }
            var isOverdue = false
            var outcome: Outcome?
            for await part in group {
                switch part {
                case .watch(let value): isOverdue = value
                case .outcome(let value): outcome = value
                }
                group.cancelAll()
            }
            // The first task always returns one.
            var result = outcome ?? Outcome(answer: empty, failure: .aborted)
            if isOverdue, result.failure?.kind == .aborted {
                let what = result.hasBegun ? "go on" : "answer"
                result.failure = ModelFailure(.timeout, "\(service.address.origin) did not \(what) in time")
                result.answer.stopReason = .error
            }
            return result
        }
    }

    private var empty: ModelAnswer {
        ServiceCall.reader(of: model, of: service).builder.answer(.aborted)
    }

    private func exchange(
        _ watchdog: Watchdog, _ receive: @Sendable (ModelEvent) async -> Void
    ) async -> Outcome {
        var stream = AnswerStream(ServiceCall.reader(of: model, of: service), limits: limits)
        var hasBegun = false
        do throws(ModelFailure) {
            let response = try await connections.send(call, to: service.address)
            guard (200..<300).contains(response.status.code) else { throw await failure(of: response, watchdog) }
            var body = response.body.makeAsyncIterator()
            while !stream.isEnded {
                let chunk: ByteBuffer?
                do {
                    chunk = try await body.next()
                } catch {
                    // A connection that breaks after the end takes nothing away.
                    if stream.isOver { break }
                    throw ModelFailure(error, at: service.address, hasBegun: true)
                }
                // Who is cancelled sees the end of the stream.
                if Task.isCancelled, !stream.isOver { throw .aborted }
                guard let chunk else { break }
                try stream.take(Array(chunk.readableBytesView))
                watchdog.feed((stream.isOver ? limits.closingTime : limits.idleTime).duration)
                for event in stream.takeEvents() {
                    hasBegun = true
                    await receive(event)
                }
            }
            let answer = try stream.finish()
            for event in stream.takeEvents() {
                hasBegun = true
                await receive(event)
            }
            return Outcome(answer: answer, failure: nil, hasBegun: hasBegun)
        } catch {
            for event in stream.takeEvents() {
                hasBegun = true
                await receive(event)
            }
            let failure = Task.isCancelled ? .aborted : error
            let reason = failure.kind == .aborted ? StopReason.aborted : .error
            return Outcome(answer: stream.reader.builder.answer(reason), failure: failure, hasBegun: hasBegun)
        }
    }

    /// What an answer that is none says.
    private func failure(of response: HTTPClientResponse, _ watchdog: Watchdog) async -> ModelFailure {
        let status = Int(response.status.code)
        if (300..<400).contains(status) {
            return ModelFailure(
                .redirected,
                "\(service.address.origin) sends elsewhere (HTTP status \(status)), where the key is not sent; set baseUrl "
                    + "to the address that answers", status: status)
        }
        watchdog.feed(limits.idleTime.duration)
        var bytes: [UInt8] = []
        do {
            for try await chunk in response.body where bytes.count < limits.failureLength {
                bytes += chunk.readableBytesView.prefix(limits.failureLength - bytes.count)
                if bytes.count >= limits.failureLength { break }
            }
        } catch {
            // What came of it says enough; the status says the most.
        }
        let isPage = bytes.first { $0 > UInt8(ascii: " ") } == UInt8(ascii: "<")
        let json = try? JSON(parsing: bytes)
        // Some put the object into a list.
        let fault =
            json.flatMap { ServiceFault($0.array?.first ?? $0) }
            ?? ServiceFault(text: isPage ? "" : String(decoding: bytes, as: UTF8.self))
        return fault.failure(
            status: status,
            retryAfter: RetryAfter.span(now: clock.now) { response.headers.first(name: $0) })
    }
}
