import JSON
import Logging

/// Writes log messages into the gateway's log file, in the form the log views of clients read.
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
        object["time"] = .string(ISO8601.text(milliseconds: clock.milliseconds))
        object["_meta"] = [
            "logLevelName": .string("\(event.level)".uppercased()), "name": .string(label),
        ]
        object["message"] = .string(redactor.redacted(event.message.description))
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) where object[key] == nil {
            object[key] = .string(redactor.redacted(value.description))
        }
        file.append(JSON.object(object).serialized())
    }
}
