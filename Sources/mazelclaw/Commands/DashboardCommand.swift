import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw dashboard`: the way to the gateway's page in a browser.
struct DashboardCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Print a link that opens the gateway's page in a browser, signed in.",
        discussion: """
            The link signs in once, within five minutes. It is a secret until then: whoever opens it may read and talk \
            with agents, and nothing more. Where there is no display, an ssh command stands beside it, which brings the \
            gateway's port to the machine you sit at.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let client = try await GatewayClient.connect(to: context, scopes: [.admin])
        let link: DashboardLink
        do {
            link = try DashboardLink(await client.call("dashboard.link"), at: client.address)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
        let tunnel = Tunnel.needed(to: client.address.port, by: Context.environment())
        Output.line(json ? Self.json(link, tunnel).text(pretty: true) : Self.text(link, tunnel))
        return 0
    }

    private static func json(_ link: DashboardLink, _ tunnel: Tunnel?) -> JSON {
        [
            "url": .string(link.url), "expiresAtMs": .integer(link.expiresAt),
            "ssh": tunnel.map { .string($0.command) } ?? .null,
            "certificateSha256": link.certificate.map { .string("\($0)") } ?? .null,
        ]
    }

    private static func text(_ link: DashboardLink, _ tunnel: Tunnel?) -> String {
        var lines = [link.url, "", "Open it within five minutes; it signs in once."]
        if let certificate = link.certificate {
            lines.append("The browser does not know the gateway's certificate. Its SHA-256 is \(certificate).")
        }
        if let tunnel {
            lines += ["There is no display here. On the machine you sit at, run this first and let it run:", ""]
            lines.append("    \(tunnel.command)")
        }
        return lines.joined(separator: "\n")
    }
}
