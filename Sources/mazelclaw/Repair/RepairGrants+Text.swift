import JSON
import Linux
import Policy
import Profiles

extension RepairGrants.Entry {
    /// One sentence for people: who may repair whom, until when, and how that is ended.
    var text: String {
        isKept
            ? "\(grant.target) by \(grant.rescue) until \(UTCTime.text(grant.expiresAt)) (grant \(grant.id), PID "
                + "\(grant.processID)); `mazelclaw repair \(grant.target) --revoke` ends it"
            : "\(grant.target) by \(grant.rescue): the process that kept grant \(grant.id) was killed; "
                + "`mazelclaw repair \(grant.target) --revoke` cleans up"
    }

    /// The same for a program.
    var json: JSON {
        [
            "grant": .string(grant.id), "target": .string(grant.target.text), "from": .string(grant.rescue.text),
            "grantedAt": .string(UTCTime.text(grant.grantedAt)), "expiresAt": .string(UTCTime.text(grant.expiresAt)),
            "pid": .integer(Int64(grant.processID)), "kept": .bool(isKept),
        ]
    }
}
