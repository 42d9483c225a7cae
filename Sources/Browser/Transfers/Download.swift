import DevTools
import JSON

/// One download.
struct Download: Sendable, Equatable {
    /// How far it is.
    enum State: Sendable, Equatable {
        case inProgress
        /// It is the file at `path`.
        case complete(path: String)
        case failed(reason: String)
    }

    /// Its name among downloads, and the name of its file as long as it is not complete.
    var guid: String
    /// The frame that it comes from.
    var frame: FrameID
    /// Where it comes from.
    var url: String
    /// What the server or the page would call the file.
    var suggestedName: String
    /// What came so far, in bytes.
    var received: Int64 = 0
    /// What will come, in bytes; 0 when nobody knows.
    var total: Int64 = 0
    var state = State.inProgress

    /// As it is told.
    var json: JSON {
        var object: JSONObject = [
            "guid": .string(guid), "url": .string(url), "suggestedFilename": .string(suggestedName),
            "receivedBytes": .integer(received), "totalBytes": total > 0 ? .integer(total) : .null,
        ]
        switch state {
        case .inProgress: object["state"] = "inProgress"
        case .complete(let path):
            object["state"] = "completed"
            object["path"] = .string(path)
        case .failed(let reason):
            object["state"] = "failed"
            object["error"] = .string(reason)
        }
        return .object(object)
    }
}
