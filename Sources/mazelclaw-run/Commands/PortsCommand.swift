import Enforcement
import JSON
import Linux
import Policy
import Profiles

extension Program {
    /// `ports`: who has which ports. The exit code is 0 when no port has two owners and every profile could start, 1
    /// when not.
    func showPorts() throws(LaunchError) -> Int32 {
        let survey: PortSurvey
        let sharedUserIDs: [(userID: UInt32, names: [ProfileName])]
        let store: ProfileStore
        let directories = try makeCaller().directories
        do throws(ProfileError) {
            survey = try PortSurvey(directories: directories)
            store = ProfileStore(directories: directories)
            sharedUserIDs = try store.sharedUserIDs()
        } catch {
            throw .profile(error)
        }
        let shown = survey.entries.filter { !arguments.isProfileGiven || $0.name == arguments.options.profile }
        if arguments.isProfileGiven, shown.isEmpty {
            throw .usage("there is no profile \"\(arguments.options.profile)\" yet; a start makes it")
        }
        if arguments.isJSON {
            var json = survey.json(of: shown).object ?? JSONObject()
            json["sharedUserIDs"] = .array(
                sharedUserIDs.map { userID, names in
                    ["uid": .integer(Int64(userID)), "profiles": .array(names.map { .string($0.text) })]
                })
            output.print(JSON.object(json).text(pretty: true) + "\n")
        } else {
            output.print(shown.isEmpty ? "no profiles yet; a start makes them\n" : Self.table(shown))
            for line in survey.remarks(on: shown) { output.print(line + "\n") }
            for entry in shown {
                guard let claim = store.foreignClaim(on: entry.ports) else { continue }
                output.print("note: of \(entry.name), \(claim)\n")
            }
            for (userID, names) in sharedUserIDs {
                output.print(
                    "note: \(names.map(\.text).joined(separator: ", ")) run under user ID \(userID), whose epoll watches, "
                        + "descriptors in flight and pipe pages the kernel counts together\n")
            }
            // In one piece: there may be thousands of listeners.
            if arguments.showsAll { output.print(survey.evidence.map { $0 + "\n" }.joined()) }
        }
        return survey.isDisjoint && shown.allSatisfy { $0.fault == nil } ? 0 : 1
    }

    private static func table(_ entries: [PortSurvey.Entry]) -> String {
        var rows = [["PROFILE", "GATEWAY", "CONTROL", "CDP", "TO NEXT", "LIVE"]]
        for entry in entries {
            rows.append([
                entry.name.text, "\(entry.ports.gateway)", "\(entry.ports.control)", entry.ports.cdpText,
                entry.distanceToNext.map(String.init) ?? "-", entry.liveText ?? "no",
            ])
        }
        return Output.table(rows)
    }
}

extension PortSet {
    fileprivate var cdpText: String {
        (["\(cdp.lowerBound)-\(cdp.upperBound)"] + pinned.map(String.init)).joined(separator: ",")
    }
}

extension PortSurvey.Entry {
    /// Who runs it, in a few words.
    fileprivate var liveText: String? {
        holder.map { holder in
            let program = holder.pid.map { " (\(SocketOwner(processID: $0).program))" } ?? ""
            let state = isProfile ? nil : holder.trees?.state
            return "\(holder)\(program)" + (state.map { ", no profile, state directory \($0)" } ?? "")
        }
    }

    fileprivate var json: JSON {
        var object: JSONObject = [
            "profile": .string(name.text), "gateway": .integer(Int64(ports.gateway)),
            "control": .integer(Int64(ports.control)), "cdp": .string(ports.cdpText),
            "network": .string(network.rawValue), "live": .bool(holder != nil),
        ]
        object["isProfile"] = .bool(isProfile)
        object["pid"] = (holder?.pid).map { .integer(Int64($0)) }
        object["program"] = (holder?.pid).map { .string(SocketOwner(processID: $0).program) }
        object["unit"] = (holder?.unit).map { .string($0) }
        object["distanceToNext"] = distanceToNext.map { .integer(Int64($0)) }
        object["fault"] = fault.map { .string($0) }
        return .object(object)
    }
}

extension PortSurvey {
    /// What is to be said about `entries`: faults, common ports, and ports that others may get.
    fileprivate func remarks(on entries: [Entry]) -> [String] {
        var lines = entries.compactMap(\.fault).map { "refused: \($0)" }
        lines += overlaps.map {
            "overlap: \($0.profiles.0) and \($0.profiles.1) share port \($0.port)\(isLive($0) ? ", and one of them runs" : "")"
        }
        for entry in entries {
            switch entry.network {
            case .shared: break
            case .private:
                lines.append(
                    "note: of the ports of \(entry.name) only \(entry.ports.gateway) is in the host's network (\"network\": "
                        + "\"private\"): nobody outside reaches the others")
            case .none:
                lines.append(
                    "note: the ports of \(entry.name) are in a network of its own (\"network\": \"none\"): nobody outside "
                        + "reaches them")
                continue
            }
            if let warning = ephemeral.warning(about: entry.ports, of: entry.name) { lines.append("note: \(warning)") }
            if let port = BlockedPorts.first(in: entry.ports) {
                lines.append("note: browsers refuse to open port \(port) of \(entry.name)")
            }
        }
        return lines
    }

    private func isLive(_ overlap: Overlap) -> Bool {
        entries.contains {
            $0.holder != nil && ($0.name == overlap.profiles.0 || $0.name == overlap.profiles.1)
        }
    }

    /// What the whole host's plan rests on.
    fileprivate var evidence: [String] {
        var lines = listeners.map { listener in
            let owner = listener.owner.map { "PID \($0.processID) (\($0.program))" } ?? "a process of another user"
            let place = InternetAddress(address: listener.address, port: listener.port)
            return "listener: \(place)/tcp of \(listener.profile), \(owner)"
        }
        lines.append("ephemeral range: \(ephemeral)")
        let proof = claims.map { claim in
            let range = claim.range
            let ports = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
            return "\(ports) \(claim.profile) \(claim.use.rawValue)"
        }
        lines.append(
            (isDisjoint ? "disjoint: " : "not disjoint: ") + proof.joined(separator: isDisjoint ? " < " : "; "))
        return lines
    }

    fileprivate func json(of entries: [Entry]) -> JSON {
        [
            "profiles": .array(entries.map(\.json)),
            "overlaps": .array(
                overlaps.map {
                    [
                        "profiles": [.string($0.profiles.0.text), .string($0.profiles.1.text)],
                        "port": .integer(Int64($0.port)),
                    ]
                }),
            "listeners": .array(
                listeners.map { listener in
                    var object: JSONObject = [
                        "profile": .string(listener.profile.text), "port": .integer(Int64(listener.port)),
                        "address": .string("\(listener.address)"),
                    ]
                    object["pid"] = listener.owner.map { .integer(Int64($0.processID)) }
                    object["program"] = listener.owner.map { .string($0.program) }
                    return .object(object)
                }),
            "ephemeral": [
                "first": .integer(Int64(ephemeral.range.lowerBound)),
                "last": .integer(Int64(ephemeral.range.upperBound)), "text": .string("\(ephemeral)"),
            ],
            "proof": .array(
                claims.map { claim in
                    [
                        "first": .integer(Int64(claim.range.lowerBound)),
                        "last": .integer(Int64(claim.range.upperBound)), "profile": .string(claim.profile.text),
                        "use": .string(claim.use.rawValue),
                    ]
                }),
            "disjoint": .bool(isDisjoint),
        ]
    }
}
