import Foundation
import Glibc
import Testing

/// D: secrets that a service manager keeps for a service ($CREDENTIALS_DIRECTORY, systemd.exec(5)).
@Suite(.recorded) struct CredentialTests {
    /// Credentials as a manager leaves them: for the launcher's user alone.
    private func credentials(of host: Host, _ files: [String: String]) throws -> String {
        let directory = "\(host.root)/output/credentials"
        let owner = host.starting == .root ? getuid() : Host.payloadUser
        try Files.makeDirectory(directory, mode: 0o700, owner: owner)
        for (name, text) in files { try Files.write(text, to: "\(directory)/\(name)", mode: 0o400, owner: owner) }
        return directory
    }

    /// A start of the launcher that is the service's main process, or one below it.
    private func options(_ directory: String, isMain: Bool = true) -> Host.Options {
        var options = Host.Options()
        let process = isMain ? "$$" : "1"
        options.wrapper = [
            "sh", "-c", "SYSTEMD_EXEC_PID=\(process) CREDENTIALS_DIRECTORY=\(directory) exec \"$@\"", "-",
        ]
        return options
    }

    @Test(arguments: Starting.available)
    func `a service's credentials are the payload's alone, and those of no other service`(starting: Starting) throws {
        let host = try Host(starting)
        let secret = UUID().uuidString
        let directory = try credentials(of: host, ["API_KEY": "\(secret)\n", "a file": "text", "empty": ""])
        let script = """
            cd "$CREDENTIALS_DIRECTORY" && pwd && ls && cat API_KEY 'a file' empty && stat -c '%a %u' API_KEY
            rm API_KEY && ls; cat \(directory)/API_KEY
            """
        let end = try host.run(["sh", "-c", script], options(directory))
        #expect(
            end.output
                == "/run/credentials\nAPI_KEY\na file\nempty\n\(secret)\ntext400 \(Host.payloadUser)\na file\nempty\n",
            "\(end.errors)")
        #expect(end.errors.contains("No such file") || end.errors.contains("Permission denied"))
        // What is in a variable that was inherited is another service's.
        let below = try host.run(
            ["sh", "-c", "echo ${CREDENTIALS_DIRECTORY-none}; ls /run/credentials"], options(directory, isMain: false))
        #expect(below.output == "none\n")
        // They are the manager's, and stay.
        #expect(Files.read("\(directory)/API_KEY") == "\(secret)\n")
        // What only asks says where they come from and where they go, and not what they hold.
        let plan = try host.command(["explain"], options(directory))
        #expect(plan.output.contains("credential source=\(directory)/API_KEY"))
        #expect(plan.output.contains("credential path=/run/credentials/API_KEY"))
        #expect(!plan.output.contains(secret))
    }

    @Test(arguments: Starting.available)
    func `credentials that cannot be had end the start, and are not looked for elsewhere`(starting: Starting) throws {
        let host = try Host(starting)
        let missing = try host.run(["true"], options("\(host.root)/output/nowhere"))
        #expect(missing.code == 125)
        #expect(missing.sentences.last?.contains("\(host.root)/output/nowhere") == true)
        let relative = try host.run(["true"], options("nowhere"))
        #expect(relative.code == 2)
        #expect(relative.sentences.last?.contains("CREDENTIALS_DIRECTORY=nowhere") == true)
        let directory = try credentials(of: host, [:])
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory)/LINK", withDestinationPath: "/etc/passwd")
        let link = try host.run(["true"], options(directory))
        #expect(link.code == 125)
        #expect(link.sentences.last?.contains("\(directory)/LINK") == true)
        try FileManager.default.removeItem(atPath: "\(directory)/LINK")
        #expect(mkfifo("\(directory)/PIPE", 0o600) == 0)
        #expect(try host.run(["true"], options(directory)).code == 125)
        try FileManager.default.removeItem(atPath: "\(directory)/PIPE")
        #expect(
            try host.run(["sh", "-c", "echo ${CREDENTIALS_DIRECTORY-none}"], options(directory)).output == "none\n")
    }

    @Test(arguments: Starting.available)
    func `nothing is bound where the credentials are`(starting: Starting) throws {
        let host = try Host(starting)
        let directory = try credentials(of: host, ["KEY": "k"])
        let place = "\(host.home)/given"
        try Files.makeDirectory(place, mode: 0o700, owner: Host.payloadUser)
        for destination in ["/run/credentials", "/run/credentials/KEY"] {
            var options = options(directory)
            options.more = ["--bind", "\(place):\(destination)"]
            let end = try host.run(["true"], options)
            #expect(end.code == 78, "\(end.errors)")
            #expect(end.sentences.last?.contains("/run/credentials") == true)
        }
        var beside = options(directory)
        beside.more = ["--bind", "\(place):/run/given"]
        #expect(try host.run(["test", "-f", "/run/credentials/KEY"], beside).code == 0)
    }
}
