import Foundation
import Glibc
import JSON
import Testing

/// C: whatever options and profile keys come together, the port rules are as they say.
@Suite(.recorded) struct PairwiseTests {
    /// What one start is made of.
    struct Combination: CustomTestStringConvertible {
        let starting: Starting
        let bind: String
        let loopbackProbe: Bool
        let listsUDP: Bool
        let listsConnect: Bool
        let pinsCDP: Bool
        let extraBind: String
        let setsVariable: Bool
        let policy: String
        let workspaceIsOutside: Bool
        let hasOverlay: Bool
        /// Of those that do not give the broker up: it alone then holds the ports.
        let degradation: String
        let hasNeighbour: Bool

        private static let degradations = ["", "landlock", "landlock-net", "landlock-scope", "own-inodes", "proc"]
        private static let scopes = ["loopback", "lan", "192.0.2.7"]
        private static let binds = ["", "--bind", "--bind-ro"]

        static let all = Pairs(
            valueCounts: [
                degradations.count, scopes.count, binds.count, 2, 2, 2, 2, 2, 2, 2, 2, 2, Starting.available.count,
            ]
        ).rows.map { row in
            Combination(
                starting: Starting.available[row[12]], bind: scopes[row[1]], loopbackProbe: row[3] == 1,
                listsUDP: row[4] == 1, listsConnect: row[5] == 1, pinsCDP: row[6] == 1, extraBind: binds[row[2]],
                setsVariable: row[7] == 1, policy: row[8] == 1 ? "browser" : "gateway", workspaceIsOutside: row[9] == 1,
                hasOverlay: row[11] == 1,
                degradation: degradations[row[0]], hasNeighbour: row[10] == 1)
        }

        var testDescription: String {
            let words =
                ["bind \(bind)", "\(policy)", extraBind, degradation.isEmpty ? "" : "without \(degradation)"]
                + [
                    (loopbackProbe, "loopbackProbe"), (listsUDP, "udp"), (listsConnect, "connect"),
                    (pinsCDP, "cdpPorts"), (setsVariable, "--env"), (workspaceIsOutside, "--workspace"),
                    (hasOverlay, "workspaceOverlay"),
                    (hasNeighbour, "neighbour"),
                ].map { $0.0 ? $0.1 : "" }
            return words.filter { !$0.isEmpty }.joined(separator: ", ")
        }

        /// The profile's keys beside its base port.
        func keys(basePort: UInt16) -> String {
            [
                "\"bind\": \"\(bind)\"", "\"policy\": \"\(policy)\"", "\"loopbackProbe\": \(loopbackProbe)",
                "\"udp\": {\"ports\": [\(listsUDP ? "5353" : "")]}",
                "\"connect\": {\"ports\": [\(listsConnect ? "8080" : "")]}",
                "\"cdpPorts\": [\(pinsCDP ? "\(basePort + 200)" : "")]",
                hasOverlay ? "\"workspaceOverlay\": \"1m\"" : "",
            ].filter { !$0.isEmpty }.joined(separator: ", ")
        }

        /// What is tried, by ID: Python of `BrokerTests.prelude`, and how it must end.
        var acts: [(id: String, code: String, outcome: String)] {
            func when(_ holds: Bool, _ outcome: String = "OK", else other: String = "EACCES") -> String {
                holds ? outcome : other
            }
            let isLan = bind == "lan"
            let connects = listsConnect || degradation == "landlock" || degradation == "landlock-net"
            return [
                ("N01", "tcp('127.0.0.1', b)", "OK"), ("N01", "tcp('::1', b)", "OK"),
                ("N01", "tcp('::ffff:127.0.0.1', b)", "OK"), ("N01", "tcp('0.0.0.0', b)", when(isLan)),
                ("N01", "tcp('::', b)", when(isLan)),
                // No address of this host: permitted is what gets as far as that.
                ("N01", "tcp('192.0.2.7', b)", when(bind != "loopback", "EADDRNOTAVAIL")),
                ("N02", "tcp('127.0.0.1', b + 1)", "EACCES"), ("N02", "tcp('0.0.0.0', b + 1)", "EACCES"),
                ("N02", "tcp('::', b + 1)", "EACCES"), ("N02", "tcp('127.0.0.1', 80)", "EACCES"),
                ("N02", "tcp('127.0.0.1', 5353)", "EACCES"), ("N02", "tcp('127.0.0.1', 8080)", "EACCES"),
                ("N03", "tcp('127.0.0.1', b + 2)", "OK"), ("N04", "tcp('0.0.0.0', b + 2)", "EACCES"),
                ("N05", "tcp('::1', b + 2)", "OK"), ("N06", "tcp('::', b + 2)", "EACCES"),
                ("N07", "tcp('::ffff:127.0.0.1', b + 2)", "OK"), ("N07", "tcp('::ffff:0.0.0.0', b + 2)", "EACCES"),
                ("N08", "tcp('127.0.0.1', b + 10)", "EACCES"), ("N08", "tcp('127.0.0.1', b + 11)", "OK"),
                ("N08", "tcp('0.0.0.0', b + 11)", "EACCES"), ("N08", "tcp('127.0.0.1', b + 19)", "OK"),
                ("N08", "tcp('127.0.0.1', b + 20)", when(!hasNeighbour)),
                ("N08", "tcp('127.0.0.1', b + 110)", when(!hasNeighbour)),
                ("N08", "tcp('127.0.0.1', b + 111)", "EACCES"), ("N08", "tcp('127.0.0.1', b + 200)", when(pinsCDP)),
                ("N08", "tcp('0.0.0.0', b + 200)", "EACCES"), ("N09", "tcp('0.0.0.0', 0)", "EACCES"),
                ("N09", "tcp('::', 0)", "EACCES"), ("N10", "tcp('127.0.0.1', 0)", when(loopbackProbe)),
                ("N10", "tcp('::1', 0)", when(loopbackProbe)), ("N11", "listen(socket())", "EACCES"),
                ("N11", "listen(socket(AF_INET6))", "EACCES"), ("N11", "listen(tcp('127.0.0.1', b))", "OK"),
                ("N12", "disconnected()", "EACCES"),
                // That the options are in force.
                ("N16", "udp('127.0.0.1', 5353)", when(listsUDP)), ("N17", "udp('0.0.0.0', 0)", "OK"),
                ("X03", "socket().connect(('127.0.0.1', 8080))", when(connects, "ECONNREFUSED")),
                ("C06", "[os.environ['COMBINATION']]", when(setsVariable, else: "KeyError")),
                (
                    "C06", "open('/data/file', 'w')",
                    when(extraBind == "--bind", else: extraBind.isEmpty ? "ENOENT" : "EROFS")
                ),
                (
                    "C06", "open(os.environ['MAZELCLAW_WORKSPACE'] + '/file', 'w')",
                    when(workspaceIsOutside || hasOverlay, else: "ENOENT")
                ),
                (
                    "C06", "1 / (os.environ.get('MAZELCLAW_DEGRADED', '') == '\(degradation)')",
                    "OK"
                ),
            ]
        }
    }

    @Test(arguments: Combination.all)
    func `each two options together leave the port rules as they are`(combination: Combination) throws {
        let host = try Host(combination.starting)
        try host.writeProfile(keys: combination.keys(basePort: host.basePort))
        if combination.hasNeighbour {
            try host.writeProfile(
                "n", basePort: host.basePort + 20, keys: "\"stateDirectory\": \"\(host.home)/.mazelclaw-n\"")
        }
        var options = Host.Options()
        if !combination.extraBind.isEmpty {
            try Files.makeDirectory("\(host.home)/data", owner: Host.payloadUser)
            options.more += [combination.extraBind, "\(host.home)/data:/data"]
        }
        if combination.setsVariable { options.more += ["--env", "COMBINATION=set"] }
        if combination.workspaceIsOutside { options.more += ["--workspace", "\(host.home)/workspace"] }
        if !combination.degradation.isEmpty { options.more += ["--allow-degraded", combination.degradation] }
        let acts = combination.acts
        let outcomes = try BrokerTests.outcomes(of: acts.map(\.code), on: host, options)
        for (act, outcome) in zip(acts, outcomes) {
            Report.write(
                id: act.id, act: "\(act.code) with \(combination.testDescription)",
                starting: combination.starting.rawValue, form: .forked, outcome: outcome, expected: [act.outcome],
                verdict: outcome == act.outcome ? .right : .wrong)
            #expect(outcome == act.outcome, "\(act.id) \(act.code)")
        }
    }

    @Test(arguments: [[2, 2], [5, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2], [1, 4, 1, 4], [3, 3, 3, 3]])
    func `each two values of two factors meet in a row`(counts: [Int]) {
        let rows = Pairs(valueCounts: counts).rows
        for first in counts.indices {
            for second in counts.indices where first < second {
                let met = Set(rows.map { [$0[first], $0[second]] })
                #expect(met.count == counts[first] * counts[second])
            }
        }
        // Few: not many more than the two largest factors ask for.
        let largest = counts.sorted(by: >).prefix(2).reduce(1, *)
        #expect((largest...2 * largest).contains(rows.count), "\(rows.count)")
    }
}
