import Browser
import Foundation
import Glibc
import JSON
import NIOPosix

/// Browser control of an instance of its own, which ends with the test.
struct TestBrowser: Sendable {
    let service: BrowserService
    let state: String

    static let shell = "/usr/lib/chromium/chromium-headless-shell"
    static let isInstalled = access(shell, X_OK) == 0

    enum Fault: Error {
        case noDirectory
    }

    /// Gives `body` browser control, and ends it whatever comes of that. Chromium refuses to run as root with its own
    /// sandbox, and tests mostly are root's: then it goes without, unless `settings` say how.
    static func run(
        store: (any ProfileStore)? = nil,
        _ settings: @Sendable (inout BrowserSettings) throws -> Void = { $0.hasNoSandbox = geteuid() == 0 },
        _ body: (TestBrowser) async throws -> Void
    ) async throws {
        try await withState { state in
            var chosen = BrowserSettings(
                stateDirectory: state, controlPort: 18791,
                environment: ["HOME": state, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"])
            chosen.executable = shell
            try settings(&chosen)
            let browser = TestBrowser(
                service: BrowserService(chosen, on: .singletonMultiThreadedEventLoopGroup, store: store), state: state)
            do {
                try await body(browser)
            } catch {
                await browser.service.shutDown()
                throw error
            }
            await browser.service.shutDown()
        }
    }

    /// Gives `body` a state directory, which goes with it.
    static func withState<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        var template = Array("/tmp/browser-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Fault.noDirectory }
        let state = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: state) }
        return try await body(state)
    }

    func ask(_ method: String, _ path: String, _ body: JSON? = nil, query: [String: String] = [:]) async
        -> BrowserAnswer
    {
        await service.answer(BrowserRequest(method: method, path: path, query: query, body: body))
    }

    /// What is answered, which must be a success.
    func get(_ path: String, _ query: [String: String] = [:]) async throws -> JSON {
        try success(await ask("GET", path, query: query))
    }

    /// What is answered, which must be a success.
    @discardableResult
    func post(_ path: String, _ body: JSON = [:]) async throws -> JSON {
        try success(await ask("POST", path, body))
    }

    private func success(_ answer: BrowserAnswer) throws -> JSON {
        guard answer.status == 200 else { throw BrowserFault(answer.status, answer.body.text()) }
        return answer.body
    }

    /// The name that the snapshot gives to the first `role` called `name`.
    func ref(_ role: String, _ name: String) async throws -> String {
        let refs = try await get("/snapshot")["refs"]?.object?.members ?? []
        guard let found = refs.first(where: { $0.value["role"]?.string == role && $0.value["name"]?.string == name })
        else { throw BrowserFault(404, "no \(role) \"\(name)\" in \(refs.map(\.name))") }
        return found.name
    }

    /// A page as an address: no server is needed.
    static func page(_ html: String) -> JSON {
        let digits = Array("0123456789ABCDEF".utf8)
        let text = html.utf8.flatMap { [UInt8(ascii: "%"), digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return .string("data:text/html;charset=utf-8," + String(decoding: text, as: UTF8.self))
    }

    /// The processes of the group `group`, with their arguments.
    static func processes(ofGroup group: Int64) -> [(id: Int32, arguments: [String])] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { getpgid($0) == Int32(group) }.map { process in
            let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            // Those that are forked by a zygote write their arguments with blanks between.
            let words = String(decoding: data, as: UTF8.self).split { $0 == "\0" || $0 == " " }
            return (process, words.map(String.init))
        }
    }

    /// Whether the group `group` has any processes.
    static func isAlive(group: Int64) -> Bool { kill(-Int32(group), 0) == 0 }
}
