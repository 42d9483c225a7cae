public import JSON
import Policy

/// That the kernel ended a sandbox for want of memory.
public struct OutOfMemory: Equatable, Sendable {
    /// The most it ever used, in bytes; nil where the kernel does not say (before 5.19).
    public var peak: UInt64?
    /// The limit of the profile that it reached; nil when the memory ran out outside of the sandbox.
    public var limit: UInt64?

    /// What happened and what to do, in one sentence.
    public var sentence: String {
        let use = peak.map { ", having used \(Self.text($0)) at most" } ?? ""
        guard let limit else {
            return
                "the kernel ended the sandbox, as memory was short outside of it\(use); free memory, or raise the unit's or the "
                + "container's limit"
        }
        return
            "the kernel ended the sandbox at its memory limit of \(TemporarySize.text(limit))\(use); raise \"memory\" in \"limits\" "
            + "of the profile if that is what it needs"
    }

    /// The record for the status descriptor and the audit log.
    public var json: JSON {
        var object: JSONObject = ["event": "out-of-memory"]
        object["peak"] = peak.map { .integer(Int64(clamping: $0)) }
        object["limit"] = limit.map { .integer(Int64(clamping: $0)) }
        return .object(object)
    }

    private static func text(_ bytes: UInt64) -> String { "\(bytes >> 20) MiB" }
}
