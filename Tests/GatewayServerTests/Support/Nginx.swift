import Foundation
import Policy
import Testing

/// A real reverse proxy on loopback (nginx.org), started for one test. It needs no root.
///
/// Its clients say where they come from by a line of the PROXY protocol (haproxy.org, proxy-protocol.txt), which stands for
/// a connection from there.
final class Nginx: Sendable {
    /// As people set it up: it appends whom it saw to `X-Forwarded-For`.
    let port: UInt16
    /// The same, with another such nginx between it and the gateway.
    let farPort: UInt16
    /// Without a word about header fields: it passes on what the client wrote.
    let barePort: UInt16
    private let process: ChildProcess

    /// One in front of the gateway at `gateway`, whose files are in `directory`. Returns when it listens.
    init(to gateway: UInt16, in directory: AbsolutePath) async throws {
        let executable = try #require(
            ["/usr/sbin/nginx", "/usr/bin/nginx"].first(where: FileManager.default.isExecutableFile),
            "the Debian package nginx is needed")
        let innerPort = try Port.free()
        (port, farPort, barePort) = (try Port.free(), try Port.free(), try Port.free())
        let root = "\(directory)/nginx"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(root)/\($0);" }.joined(separator: "\n")
        let configuration = """
            daemon off;
            master_process off;
            pid \(root)/pid;
            events { worker_connections 64; }
            http {
                access_log off;
                \(temporary)
                map $http_upgrade $upgrading { default upgrade; "" close; }
                set_real_ip_from 127.0.0.1;
                real_ip_header proxy_protocol;
                \(Self.server(port, to: gateway, Self.appending, isOuter: true))
                \(Self.server(farPort, to: innerPort, Self.appending, isOuter: true))
                \(Self.server(innerPort, to: gateway, Self.appending, isOuter: false))
                \(Self.server(barePort, to: gateway, "", isOuter: true))
            }
            """
        try configuration.write(toFile: "\(root)/nginx.conf", atomically: true, encoding: .utf8)
        process = try ChildProcess(
            executable, ["-p", root, "-c", "\(root)/nginx.conf", "-e", "\(root)/error.log"], environment: [:])
        let isListening = try await eventually { [barePort] in Port.isListening(barePort) }
        let complaint = (try? String(contentsOfFile: "\(root)/error.log", encoding: .utf8)) ?? ""
        try #require(isListening, "\(complaint)")
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
    }

    private static let appending = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"

    private static func server(_ port: UInt16, to upstream: UInt16, _ line: String, isOuter: Bool) -> String {
        """
        server {
            listen 127.0.0.1:\(port)\(isOuter ? " proxy_protocol" : "");
            location / {
                proxy_pass http://127.0.0.1:\(upstream);
                proxy_http_version 1.1;
                proxy_set_header Upgrade $http_upgrade;
                proxy_set_header Connection $upgrading;
                \(line)
            }
        }
        """
    }

    /// What a client at `address` sends first.
    static func preface(from address: String) -> String {
        "PROXY TCP4 \(address) 127.0.0.1 50000 80\r\n"
    }
}
