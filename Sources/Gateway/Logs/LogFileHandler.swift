import JSON
import Logging
import Time

/// Writes log messages into the gateway's log file, in the form the log views of clients read: they take the subsystem
/// from the JSON text under `"0"`, the text from `"1"`, and the level from `_meta.logLevelName`.
struct LogFileHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let label: String
    private let file: LogFile
    private let redactor: GrowingRedactor
    private let clock: WallClock

    init(label: String, level: Logger.Level, file: LogFile, redactor: GrowingRedactor, clock: WallClock) {
        self.label = label
        logLevel = level
        self.file = file
        self.redactor = redactor
        self.clock = clock
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var object = JSONObject()
        let message = JSON.string(redactor.redacted(event.message.description))
        object["0"] = .string(JSON.object(["subsystem": .string(label)]).text())
        object["1"] = message
        object["time"] = .string(RFC3339.text(clock.now))
        object["_meta"] = ["logLevelName": .string(event.level.wireName), "name": .string(label)]
        object["message"] = message
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) where object[key] == nil {
            object[key] = .string(redactor.redacted(value.description))
        }
        file.append(JSON.object(object).serialized())
    }
}

extension Logger.Level {
    /// The level as clients name it. They know six, and filter by no other.
    fileprivate var wireName: String {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARN"
        case .error: "ERROR"
        case .critical: "FATAL"
        }
    }
}
