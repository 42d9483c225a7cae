import DevTools
import Foundation
import Glibc
import JSON
import NIOPosix
import Testing

@testable import Browser

/// What our script finds in a page, held against what Chromium itself tells screen readers.
@Suite(.timeLimit(.minutes(5)), .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct PageDocumentTests {
    @Test func `roles, names, values and states are Chromium's own, but for differences that are named`() async throws {
        try await Self.withPage { targets, page, session in
            for kind in ElementKinds.all {
                try await Self.open("<!doctype html><title>x</title><body>\(kind.html)", session)
                let frame = try #require(targets.frames(of: page).first)
                let document = try await PageDocument(
                    of: frame, node: nil, limit: 1_000_000, group: "test", over: targets.connection)
                let ours = Self.lines(document.entries)
                let theirs = try await Self.lines(
                    Self.chromiumsEntries(session.send("Accessibility.getFullAXTree", [:])))
                #expect(!ours.isEmpty && !theirs.isEmpty, "\(kind.name)")
                let differences = ours.difference(from: theirs).map { change in
                    switch change {
                    case .insert(_, let line, _): "+ \(line)"
                    case .remove(_, let line, _): "- \(line)"
                    }
                }
                #expect(differences.sorted() == kind.differs.sorted(), "\(kind.name)")
            }
        }
    }

    /// Gives `body` a browser's first page.
    private static func withPage(
        _ body: (Targets, TargetID, DevToolsSession) async throws -> Void
    ) async throws {
        try await TestBrowser.withState { directory in
            let process = try await BrowserProcess.start(
                BrowserProgram(
                    executable: TestBrowser.shell,
                    arguments: (geteuid() == 0 ? ["--no-sandbox"] : []) + [
                        "--user-data-dir=\(directory)", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
                        "about:blank",
                    ], environment: ["HOME": directory, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]))
            let result: Result<Void, any Error>
            do {
                let connection = try await process.connect(on: .singletonMultiThreadedEventLoopGroup)
                let targets = try await Targets.watch(connection)
                let page = try #require(targets.pages.first).id
                let session = try await targets.session(of: page)
                try await session.send(PageDomain.Enable())
                try #require(await targets.wait(forFramesOf: page, within: .seconds(120)) { !$0.isEmpty })
                result = .success(try await body(targets, page, session))
            } catch {
                result = .failure(error)
            }
            await process.end()
            try result.get()
        }
    }

    private static func open(_ html: String, _ session: DevToolsSession) async throws {
        let loads = session.events(PageDomain.LoadEventFired.self)
        var iterator = loads.makeAsyncIterator()
        _ = try await session.send(PageDomain.Navigate(url: #require(TestBrowser.page(html).string)))
        _ = try await iterator.next()
    }

    // MARK: Lines

    /// What stands in these is their value, and Chromium shows it once more.
    private static let fields: Set<String> = [
        "textbox", "searchbox", "spinbutton", "Date", "DateTime", "InputTime", "meter", "progressbar", "Video", "Audio",
    ]
    private static let omitted: Set<String> = [
        "generic", "none", "InlineTextBox", "LineBreak", "ListMarker", "RootWebArea",
    ]
    private static let states = [
        "level", "checked", "pressed", "expanded", "selected", "disabled", "required", "readonly",
    ]

    /// One line for each of `entries` that is to be compared.
    private static func lines(_ entries: [PageDocument.Entry]) -> [String] {
        var lines: [String] = []
        var field: Int?
        for entry in entries {
            if let depth = field, entry.depth <= depth { field = nil }
            guard field == nil else { continue }
            if fields.contains(entry.role) { field = entry.depth }
            let name = flat(entry.name)
            guard !omitted.contains(entry.role), entry.role != "StaticText" || !name.isEmpty else { continue }
            var line = "\(entry.role) \"\(name)\""
            for state in states {
                switch entry.states[state] {
                case nil, false, "false", 0: continue
                case true, "true": line += " [\(state)]"
                case let value?: line += " [\(state)=\(value.string ?? value.text())]"
                }
            }
            if let value = entry.value, !value.isEmpty { line += ": \(flat(value))" }
            lines.append(line)
        }
        return lines
    }

    private static func flat(_ text: String) -> String {
        text.split { $0.isWhitespace || $0 == "\u{200B}" }.joined(separator: " ")
    }

    /// What Chromium answered to `Accessibility.getFullAXTree`, in the order in which it is read.
    private static func chromiumsEntries(_ answer: JSON) throws -> [PageDocument.Entry] {
        let nodes = try #require(answer["nodes"]?.array)
        var byID: [String: JSON] = [:]
        for node in nodes { byID[try #require(node["nodeId"]?.string)] = node }
        var open = [(id: try #require(nodes.first { $0["parentId"] == nil }?["nodeId"]?.string), depth: 0)]
        var entries: [PageDocument.Entry] = []
        while let (id, depth) = open.popLast() {
            guard let node = byID[id] else { continue }
            let isIgnored = node["ignored"] == true
            if !isIgnored {
                func text(_ member: String) -> String? {
                    node[member]?["value"].map { $0.string ?? $0.text() }
                }
                var entry = PageDocument.Entry(
                    depth: depth, role: text("role") ?? "", name: text("name") ?? "", value: text("value"))
                for property in node["properties"]?.array ?? [] {
                    guard let name = property["name"]?.string, let value = property["value"]?["value"] else { continue }
                    entry.states[name] = value
                }
                entries.append(entry)
            }
            let children = node["childIds"]?.array?.compactMap { $0.string } ?? []
            open += children.reversed().map { ($0, isIgnored ? depth : depth + 1) }
        }
        return entries
    }
}
