import Foundation
import JSON

/// An HTTP answer taken apart.
struct HTTPAnswer {
    let status: Int
    let head: String
    let body: String

    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.components(separatedBy: "\r\n\r\n")
        head = parts[0].lowercased()
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    /// Sends `request` on a connection of its own and reads to its end.
    static func exchange(_ port: UInt16, _ request: String) async throws -> HTTPAnswer {
        let wire = try Wire(port: port)
        wire.send(request)
        return HTTPAnswer(try await wire.readToEnd())
    }

    /// Asks for `path`.
    static func get(
        _ port: UInt16, _ path: String, method: String = "GET", host: String = "localhost", headers: [String] = []
    ) async throws -> HTTPAnswer {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)", "Connection: close"] + headers
        return try await exchange(port, lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    var json: JSON? { try? JSON(parsing: Array(body.utf8)) }

    func has(_ header: String) -> Bool { head.components(separatedBy: "\r\n").contains(header) }
}
