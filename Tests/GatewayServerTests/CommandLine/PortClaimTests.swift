import Foundation
import Testing

/// Two users of one host, who see neither each other's files nor who they are.
@Suite(.enabled(if: geteuid() == 0, "only root can be two others"))
struct PortClaimTests {
    /// Has users 71001 and 71002 give commands one after the other, with an empty /var/tmp that only they see.
    private func run(_ command: BuiltCommand, _ script: String) async throws -> BuiltCommand.Result {
        let start = """
            set -e
            mount -t tmpfs -o mode=1777 claims /var/tmp
            as() {
                user=$1; shift
                setpriv --reuid=$user --regid=$user --clear-groups env -u XDG_STATE_HOME -u XDG_CONFIG_HOME \
                    HOME=\(command.home)/$user "\(command.executable.path)" "$@"
            }
            for user in 71001 71002; do
                mkdir -m 700 \(command.home)/$user
                chown $user:$user \(command.home)/$user
            done
            """
        return try await command.shell(["unshare", "--mount", "sh", "-c", start + "\n" + script])
    }

    private func bases(in text: String) -> [Int] {
        text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("Wrote"), let range = line.range(of: "(base port ") else { return nil }
            return Int(line[range.upperBound...].prefix { $0.isNumber })
        }
    }

    @Test func `profiles of two users get ports of their own`() async throws {
        let command = try BuiltCommand()
        let result = try await run(
            command, "for user in 71001 71002; do as $user --profile main setup; as $user --profile rescue setup; done")
        #expect(result.code == 0, "\(result.errors)")
        let bases = bases(in: result.output).sorted()
        #expect(bases.count == 4)
        #expect(zip(bases, bases.dropFirst()).allSatisfy { $1 - $0 >= 111 }, "\(bases)")
        #expect(!result.errors.contains("also claimed"))
    }

    @Test func `a port that another user claims is given all the same, and said`() async throws {
        let command = try BuiltCommand()
        let port = try Port.free()
        let result = try await run(
            command,
            """
            as 71001 --profile main setup --port \(port)
            as 71002 --profile mine setup --port \(port + 30)
            cat /var/tmp/mazelclaw-ports-71002
            stat -c '%U %a' /var/tmp/mazelclaw-ports-71002
            """)
        #expect(result.code == 0, "\(result.errors)")
        #expect(bases(in: result.output) == [Int(port), Int(port) + 30])
        #expect(
            result.errors.contains("note: port \(port + 30) is also claimed for a profile of user 71001"),
            "\(result.errors)")
        #expect(result.output.contains(#"{"profiles":[{"base":\#(port + 30),"pinned":[]}]}"#))
        #expect(result.output.contains("UNKNOWN 644"))
        // Nobody is told what another's profiles are called.
        #expect(!result.output.contains(#""mine""#))
    }
}
