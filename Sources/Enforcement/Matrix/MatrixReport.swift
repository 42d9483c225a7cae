public import JSON
import Linux
public import Policy
import SystemPackage

/// What profiles could do to each other.
public struct MatrixReport: Sendable {
    /// How a profile took part.
    public enum Part: Equatable, Sendable {
        /// Its sandbox held a probe.
        case probed
        /// It runs its own payload, and was only looked for; its launcher's process ID.
        case live(Int32)
        /// Its sandbox did not come up, or did not last: exit code and reason.
        case failed(Int32, String)
    }

    /// What one profile tried on one other, or on itself.
    public struct Cell: Sendable {
        /// Who tried.
        public var from: ProfileName
        /// On whom it was tried.
        public var to: ProfileName
        /// The acts with their ends.
        public var results: [Verification.Result]
        /// The kinds of the acts, in the order of `results`.
        public var kinds: [MatrixAct.Kind]

        /// Whether it is a profile's own.
        public var isOwn: Bool { from == to }
        /// Whether every act ended as it must: refused, or permitted where it is the profile's own.
        public var holds: Bool { results.allSatisfy(\.holds) }
    }

    /// The profiles, in the order they were named.
    public private(set) var profiles: [(name: ProfileName, part: Part)] = []
    /// The user IDs that payloads of more than one profile run under, with the profiles' names, in the order they were named:
    /// what the kernel counts for a user it counts for them together.
    public private(set) var sharedUserIDs: [(userID: UInt32, names: [ProfileName])] = []
    private var userIDs: [(name: ProfileName, userID: UInt32)] = []
    /// The cells of those that held a probe, row by row.
    public private(set) var cells: [Cell] = []

    mutating func add(_ name: ProfileName, _ part: Part, userID: UInt32? = nil) {
        profiles.append((name, part))
        guard let userID else { return }
        userIDs.append((name, userID))
        let names = userIDs.filter { $0.userID == userID }.map(\.name)
        guard names.count > 1 else { return }
        sharedUserIDs.removeAll { $0.userID == userID }
        sharedUserIDs.append((userID, names))
    }

    mutating func fail(_ name: ProfileName, _ code: Int32, _ reason: String) {
        guard let index = profiles.firstIndex(where: { $0.name == name }) else { return }
        profiles[index].part = .failed(code, reason)
    }

    mutating func add(from name: ProfileName, on target: MatrixTarget, _ outcomes: [Int32]) {
        let acts = MatrixAct.all(on: target, isOwn: target.name == name)
        // An answer that is missing is none that holds.
        let padded = outcomes + Array(repeating: -1, count: max(0, acts.count - outcomes.count))
        cells.append(
            Cell(
                from: name, to: target.name,
                results: zip(acts, padded).map { act, errno in
                    Verification.Result(
                        guarantee: act.proof.guarantee,
                        outcome: errno == 0 ? "success" : errno < 0 ? "no answer" : Errno(rawValue: errno).name,
                        holds: act.proof.expected.contains(errno))
                }, kinds: acts.map(\.kind)))
    }

    /// The cell of `from` and `to`; nil when the first held no probe.
    public func cell(from: ProfileName, to: ProfileName) -> Cell? { cells.first { $0.from == from && $0.to == to } }

    /// Whether every profile took part and every act ended as it must.
    public var holds: Bool {
        cells.allSatisfy(\.holds)
            && profiles.allSatisfy { if case .failed = $0.part { false } else { true } }
    }

    /// The report as data.
    public var json: JSON {
        [
            "holds": .bool(holds),
            "sharedUserIDs": .array(
                sharedUserIDs.map { userID, names in
                    ["uid": .integer(Int64(userID)), "profiles": .array(names.map { .string($0.text) })]
                }),
            "profiles": .array(
                profiles.map { name, part in
                    switch part {
                    case .probed: ["profile": .string(name.text), "part": "probed"]
                    case .live(let pid): ["profile": .string(name.text), "part": "live", "pid": .integer(Int64(pid))]
                    case .failed(let code, let reason):
                        [
                            "profile": .string(name.text), "part": "failed", "code": .integer(Int64(code)),
                            "reason": .string(reason),
                        ]
                    }
                }),
            "cells": .array(
                cells.map { cell in
                    [
                        "from": .string(cell.from.text), "to": .string(cell.to.text), "holds": .bool(cell.holds),
                        "results": .array(
                            zip(cell.results, cell.kinds).map { result, kind in
                                var object = result.json.object ?? JSONObject()
                                object["kind"] = .string(kind.rawValue)
                                return .object(object)
                            }),
                    ]
                }),
        ]
    }
}
