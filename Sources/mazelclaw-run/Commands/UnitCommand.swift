import Enforcement
import JSON
import Linux
import Policy
import SystemPackage

extension Program {
    /// `unit`: prints the systemd unit of the profile's gateway, or with `--check` what is wrong with a file. The exit code is
    /// 1 when something is, else 0.
    func showUnit() throws(LaunchError) -> Int32 {
        let scope = arguments.unitScope ?? (Credentials.userID == 0 ? .system : .user)
        if let file = arguments.checkedFile { return try check(file, scope) }
        let profile = try Launch(arguments.options, by: makeCaller(), creating: false).profile
        let unit = ServiceUnit(
            of: profile, scope: scope, launcher: try executable(), environment: environment, version: Help.version)
        if arguments.isJSON {
            let json: JSON = [
                "name": .string(unit.fileName), "scope": .string(scope.rawValue), "text": .string(unit.text),
            ]
            output.print(json.text(pretty: true) + "\n")
        } else {
            output.print(unit.text)
        }
        return 0
    }

    private func check(_ file: String, _ scope: ServiceUnit.Scope) throws(LaunchError) -> Int32 {
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.read(file, limit: 1 << 20)
        } catch {
            throw .usage("--check \(file): cannot read it: \(error.name) (\(error)); name a unit file or a drop-in")
        }
        let findings = UnitCheck.findings(in: String(decoding: bytes, as: UTF8.self), scope: scope)
        if arguments.isJSON {
            output.print(JSON.array(findings.map(\.json)).text(pretty: true) + "\n")
        } else {
            for finding in findings { output.print("\(finding)\n") }
            if findings.isEmpty { output.print("nothing that is inert or breaks the service\n") }
        }
        return findings.isEmpty ? 0 : 1
    }
}
