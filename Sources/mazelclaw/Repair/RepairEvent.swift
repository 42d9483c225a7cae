import Gateway
import JSON
import Policy
import Profiles
import Time

/// What the target's log of repairs is told.
enum RepairEvent {
    private static func record(_ what: String, _ grant: RepairGrant, _ text: String, proposal: String? = nil) -> JSON {
        var object: JSONObject = [
            "event": "repair", "what": .string(what), "grant": .string(grant.id), "from": .string(grant.rescue.text),
        ]
        object["proposal"] = proposal.map(JSON.string)
        object["text"] = .string("\(text) (grant \(grant.id))")
        return .object(object)
    }

    static func granted(_ grant: RepairGrant, _ span: TimeSpan) -> JSON {
        record("granted", grant, "\(grant.rescue) may look at \(grant.target) and propose changes for \(span)")
    }

    static func proposed(_ grant: RepairGrant, _ proposal: String, _ changed: [String]) -> JSON {
        record(
            "proposed", grant,
            "\(grant.rescue) proposes \(proposal), which changes \(ShownText.line(changed.joined(separator: ", ")))",
            proposal: proposal)
    }

    static func decided(_ grant: RepairGrant, _ outcome: RepairManifest.Outcome) -> JSON {
        record(
            outcome.word, grant, "proposal \(outcome.proposal): \(outcome.word): \(outcome.text)",
            proposal: outcome.proposal)
    }

    static func tookBack(_ grant: RepairGrant, _ proposal: String, _ text: String) -> JSON {
        record("rolled-back", grant, "proposal \(proposal): \(text)", proposal: proposal)
    }

    static func ended(_ grant: RepairGrant, _ why: String) -> JSON {
        record("ended", grant, "\(grant.rescue) may not repair \(grant.target) any more: \(why)")
    }

    /// What was refused without asking: a denial like any other.
    static func refused(_ grant: RepairGrant, _ proposal: String, _ why: String, at time: Int64) -> JSON {
        Denial(
            time: time, processID: 0, processIDInside: 0, program: "profile \(grant.rescue)",
            act: "repair by proposal \(proposal)", rule: "repair-scope", errno: "EPERM", remedy: why
        ).json
    }
}
