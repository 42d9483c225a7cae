import JSON

/// A method clients may call: its name, who may, and the answer.
struct Method: Sendable {
    let name: String
    let scope: Scope
    let answer: @Sendable (Gateway, JSON?) throws(ProtocolError) -> JSON?

    /// Every method there is.
    static let all = [
        Method(name: "health", scope: .read) { (gateway, params) throws(ProtocolError) in
            try check(params, of: "health", optional: ["probe"]) { _ = $0.boolean("probe") }
            return HealthReport(gateway: gateway).json
        },
        Method(name: "status", scope: .read) { (gateway, params) throws(ProtocolError) in
            try check(params, of: "status")
            return StatusReport(gateway: gateway).json
        },
    ]

    /// The method called `name`.
    static func named(_ name: String) -> Method? {
        all.first { $0.name == name }
    }

    /// Reads `params`, which may be left out, and throws what is wrong with them.
    private static func check(
        _ params: JSON?, of method: String, optional: [String] = [], _ read: (inout ParameterReader) -> Void = { _ in }
    ) throws(ProtocolError) {
        guard let params else { return }
        var reader = ParameterReader(params, optional: optional)
        read(&reader)
        guard let faults = reader.faultText else { return }
        throw ProtocolError(.invalidRequest, "invalid \(method) params: \(faults)")
    }
}
