import DevTools
import Foundation
import Glibc
import JSON
import NIOPosix
import Testing

/// A real Chromium for one test.
struct Chromium: Sendable {
    let process: BrowserProcess
    let connection: DevToolsConnection
    /// Its user data, removed with it.
    let directory: String

    /// Debian's `chromium-headless-shell`; the script of this name in /usr/bin runs it.
    static let path = "/usr/lib/chromium/chromium-headless-shell"
    static let script = "/usr/bin/chromium-headless-shell"

    static let isInstalled = access(path, X_OK) == 0

    /// Chromium refuses to run as root with its own sandbox, and tests mostly are root's.
    private static let noSandbox = geteuid() == 0 ? ["--no-sandbox"] : []

    enum Fault: Error {
        case noDirectory, leftBehind(String)
    }

    static func arguments(directory: String) -> [String] {
        noSandbox + [
            "--user-data-dir=\(directory)", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
            "--site-per-process", "about:blank",
        ]
    }

    /// Starts one, gives it to `body`, and ends it whatever comes of that. Throws when anything of it is left then.
    static func run<Value: Sendable>(
        _ executable: String = path, also arguments: [String] = [], _ body: (Chromium) async throws -> Value
    ) async throws -> Value {
        var template = Array("/tmp/devtools-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Fault.noDirectory }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let process = try await BrowserProcess.start(
            BrowserProgram(
                executable: executable, arguments: arguments + Self.arguments(directory: directory),
                environment: ["HOME": directory, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]))
        let result: Result<Value, any Error>
        do {
            let connection = try await process.connect(on: .singletonMultiThreadedEventLoopGroup)
            let chromium = Chromium(process: process, connection: connection, directory: directory)
            result = .success(try await body(chromium))
        } catch {
            result = .failure(error)
        }
        await process.end()
        let left = process.processID.map(members(of:)) ?? []
        if !left.isEmpty { throw Fault.leftBehind("\(left)") }
        return try result.get()
    }

    /// The processes of the group `group` that have not ended.
    static func members(of group: Int32) -> [String] {
        guard let processes = opendir("/proc") else { return [] }
        defer { closedir(processes) }
        var members: [String] = []
        while let entry = readdir(processes) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard Int32(name) != nil, let text = read("/proc/\(name)/stat"), let end = text.lastIndex(of: ")") else {
                continue
            }
            // Behind the name: state, parent, group (proc_pid_stat(5)).
            let fields = text[end...].split(separator: " ")
            guard fields.count > 3, Int32(fields[3]) == group, fields[1] != "Z", fields[1] != "X" else { continue }
            members.append(text)
        }
        return members
    }

    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// The first page, attached to.
    func page() async throws -> (targets: Targets, id: TargetID, session: DevToolsSession) {
        let targets = try await Targets.watch(connection)
        let page = try #require(targets.pages.first)
        return (targets, page.id, try await targets.session(of: page.id))
    }
}

extension DevToolsSession {
    /// The value of `expression`.
    func evaluate(_ expression: String) async throws -> JSON {
        switch try await send(RuntimeDomain.Evaluate(expression)) {
        case .value(let object): return object.value ?? .null
        case .exception(let text): throw Exception(text: text)
        }
    }

    struct Exception: Error, Equatable {
        var text: String
    }

    /// Goes to `url` and waits until the page is loaded.
    func open(_ url: String) async throws {
        try await send(PageDomain.Enable())
        let loaded = events(of: [PageDomain.LoadEventFired.method])
        let answer = try await send(PageDomain.Navigate(url: url))
        #expect(answer.errorText == nil)
        _ = try #require(try await loaded.next())
    }
}
