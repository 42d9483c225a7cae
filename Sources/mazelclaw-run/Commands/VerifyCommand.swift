import Enforcement
import JSON
import Linux
import Policy
import SystemPackage

extension Program {
    /// `verify`: tries everything the profile's sandbox guarantees, with nothing run inside, and what each start of its siblings
    /// proves. The exit code is 0 when all of it holds, 125 when not.
    func verify() throws(LaunchError) -> Int32 {
        var options = arguments.options
        options.start.provesEverything = true
        options.start.command = [ByteString("/usr/bin/true")]
        let plan = try Launch(options, by: makeCaller(), creating: false).plan(preparing: true)
        var verification: Verification
        do {
            verification = try Verification(plan)
            for sibling in plan.siblings { try verification.add(sibling) }
        } catch {
            output.say(error.description)
            return error.exitCode.rawValue
        }
        switch arguments.format {
        case .text: output.print(verification.text)
        case .json: output.print(verification.json(of: plan.profile).text(pretty: true) + "\n")
        case .junit: output.print(verification.junit(of: plan.profile))
        }
        return verification.failures.isEmpty ? 0 : ExitCode.isolation.rawValue
    }
}

extension Verification {
    /// What does not hold, then how much does.
    fileprivate var text: String {
        let failures = failures.map { "FAIL \($0.guarantee): \($0.outcome)\n" }.joined()
        let counts = "\(results.count - self.failures.count) guarantees hold, \(self.failures.count) do not"
        return failures + counts + ", tried in \(microseconds / 1000) ms, plan \(plan)\n"
    }

    fileprivate func json(of profile: ProfileName) -> JSON {
        [
            "profile": .string(profile.text), "plan": .string(plan), "kernel": .string(OwnProcess.kernelRelease),
            "microseconds": .integer(Int64(microseconds)), "failures": .integer(Int64(failures.count)),
            "results": .array(results.map(\.json)),
        ]
    }

    /// The results in the form that CI servers read: one test case for each guarantee.
    fileprivate func junit(of profile: ProfileName) -> String {
        let seconds = "\(microseconds / 1_000_000).\(String(1_000_000 + microseconds % 1_000_000).dropFirst())"
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<testsuite name=\"mazelclaw-run verify \(profile)\" tests=\"\(results.count)\" "
                + "failures=\"\(failures.count)\" errors=\"0\" skipped=\"0\" time=\"\(seconds)\">",
        ]
        for result in results {
            let name = "  <testcase classname=\"\(profile)\" name=\"\(Self.escaped(result.guarantee))\""
            guard !result.holds else {
                lines.append(name + "/>")
                continue
            }
            lines.append(name + "><failure message=\"it ended with \(Self.escaped(result.outcome))\"/></testcase>")
        }
        return (lines + ["</testsuite>", ""]).joined(separator: "\n")
    }

    /// Text as an attribute of XML 1.0 may hold it; control characters, which it cannot hold at all, are spelled out.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.escapingControlCharacters.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
