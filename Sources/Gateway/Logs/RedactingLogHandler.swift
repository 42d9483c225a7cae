import Logging

/// Takes secrets out of log messages before another handler gets them: a journal is kept, too.
struct RedactingLogHandler: LogHandler {
    private var inner: any LogHandler
    private let redactor: GrowingRedactor

    init(_ inner: any LogHandler, _ redactor: GrowingRedactor) {
        self.inner = inner
        self.redactor = redactor
    }

    var logLevel: Logger.Level {
        get { inner.logLevel }
        set { inner.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { inner.metadata }
        set { inner.metadata = newValue.mapValues(redacted) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { inner[metadataKey: key] }
        set { inner[metadataKey: key] = newValue.map(redacted) }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(redactor.redacted(event.message.description))"
        event.metadata = event.metadata?.mapValues(redacted)
        inner.log(event: event)
    }

    private func redacted(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .array(let values): .array(values.map(redacted))
        case .dictionary(let values): .dictionary(values.mapValues(redacted))
        case .string, .stringConvertible: .string(redactor.redacted(value.description))
        }
    }
}
