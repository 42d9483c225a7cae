import Enforcement
import JSON
import Policy
import Profiles

extension Program {
    /// `matrix`: lets each profile try to reach every other. The exit code is 0 when all of it was refused, 125 when not,
    /// or that of a start that failed.
    func runMatrix() throws(LaunchError) -> Int32 {
        let caller = try makeCaller()
        let options = arguments.options
        guard options.overrides.basePort == nil, options.overrides.stateDirectory == nil,
            options.overrides.workspace == nil, options.overrides.binds.isEmpty, options.start.command == nil,
            !arguments.isProfileGiven
        else {
            throw .usage(
                "matrix starts each profile as its file says: leave --profile, --port, --state-dir, --workspace, "
                    + "--bind and a command out, and name the profiles after \"matrix\"")
        }
        let names = try matrixProfiles(caller)
        guard !names.isEmpty else { throw .usage("there is no profile yet: name some after \"matrix\"") }
        let report = try Matrix(caller: caller, options: options).run(names) { output.say($0) }
        output.print(arguments.isJSON ? report.json.text(pretty: true) + "\n" : report.text)
        if report.holds { return 0 }
        for case (_, .failed(let code, _)) in report.profiles { return code }
        return ExitCode.isolation.rawValue
    }

    private func matrixProfiles(_ caller: Caller) throws(LaunchError) -> [ProfileName] {
        guard arguments.operands.isEmpty else {
            var names: [ProfileName] = []
            for word in arguments.operands {
                guard let name = ProfileName(word) else {
                    throw .usage("\"\(word)\" is no profile name: \(ProfileName.rule)")
                }
                if !names.contains(name) { names.append(name) }
            }
            return names
        }
        do {
            return try ProfileStore(directories: caller.directories).all().map(\.name)
        } catch {
            throw .profile(error)
        }
    }
}

extension MatrixReport {
    /// A table with a row for who tries and a column for whom it is tried on; then the counts of each kind, and what was
    /// not refused.
    fileprivate var text: String {
        var rows = [["FROM \\ TO"] + profiles.map(\.name.text)]
        for (name, part) in profiles {
            rows.append([name.text] + profiles.map { word(from: name, part, to: $0.name) })
        }
        return Output.table(rows) + summary + complaints
    }

    private func word(from name: ProfileName, _ part: Part, to other: ProfileName) -> String {
        if case .live = part { return "(runs)" }
        guard let cell = cell(from: name, to: other) else { return "(failed)" }
        let failures = cell.results.count { !$0.holds }
        switch (cell.isOwn, cell.holds) {
        case (true, true): return "own"
        case (true, false): return "own, \(failures) FAILED"
        case (false, true): return "refused \(cell.results.count)/\(cell.results.count)"
        case (false, false): return "REACHED \(failures)/\(cell.results.count)"
        }
    }

    /// How many acts of each kind were refused to others and permitted to oneself.
    private var summary: String {
        var lines: [String] = []
        for kind in MatrixAct.Kind.allCases {
            var counts = (refused: 0, others: 0, permitted: 0, own: 0)
            for cell in cells {
                for (result, actKind) in zip(cell.results, cell.kinds) where actKind == kind {
                    if cell.isOwn {
                        counts.own += 1
                        counts.permitted += result.holds ? 1 : 0
                    } else {
                        counts.others += 1
                        counts.refused += result.holds ? 1 : 0
                    }
                }
            }
            lines.append(
                "\(kind.rawValue): \(counts.refused) of \(counts.others) refused, \(counts.permitted) of "
                    + "\(counts.own) own permitted\n")
        }
        for (userID, names) in sharedUserIDs {
            lines.append(
                "user ID \(userID) is shared by \(names.map(\.text).joined(separator: ", ")): what the kernel counts for a "
                    + "user, one of them can use up for the others\n")
        }
        return lines.joined()
    }

    private var complaints: String {
        var lines: [String] = []
        for case (let name, .failed(_, let reason)) in profiles { lines.append("FAIL \(name): \(reason)\n") }
        for cell in cells {
            for result in cell.results where !result.holds {
                lines.append("FAIL \(cell.from) on \(cell.to): \(result.guarantee): \(result.outcome)\n")
            }
        }
        return lines.joined()
    }
}
