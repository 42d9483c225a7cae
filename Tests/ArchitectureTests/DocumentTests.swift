import Foundation
import Testing

/// The architecture page says what the tests hold.
@Suite struct DocumentTests {
    private func lines(of path: String) throws -> [Substring] {
        try String(contentsOf: SourceTree.root.appending(path: path), encoding: .utf8).split(separator: "\n")
    }

    /// The words of `text` in backquotes.
    private func names(in text: some StringProtocol) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
    }

    @Test func `the page's table names every module and its imports`() throws {
        var table: [String: Set<String>] = [:]
        for line in try lines(of: "Sources/mazelclaw/mazelclaw.docc/Architecture.md") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|")
            table[try #require(names(in: cells[0]).first)] = Set(names(in: cells[1]))
        }
        #expect(table == Architecture.modules.mapValues(\.own))
    }

    @Test func `the page lists the folders in their order`() throws {
        var folders: [String: [[String]]] = [:]
        var module = ""
        for line in try lines(of: "Sources/mazelclaw/mazelclaw.docc/Architecture.md") {
            if line.hasPrefix("### ") { module = String(line.dropFirst(4)) }
            if line.first?.isNumber == true { folders[module, default: []].append(names(in: line)) }
        }
        #expect(folders == Architecture.folders)
    }

    @Test func `the README names every module`() throws {
        let text = try lines(of: "README.md").joined(separator: "\n")
        let chapter = try #require(text.split(separator: "## Modules\n").last?.split(separator: "\n## ").first)
        #expect(Set(Architecture.modules.keys).subtracting(names(in: chapter)).isEmpty)
    }

    /// A file's lines without their indentation.
    private func code(_ lines: some Sequence<Substring>) -> [String] {
        lines.map { String($0.drop { $0 == " " }) }
    }

    /// The modules of the library, on which programs of others build.
    private static let library = [
        "AgentLoop", "Configuration", "Files", "Gateway", "GatewayProtocol", "GatewayServer", "JSON", "ModelServices",
        "Policy", "Storage", "Text", "Time", "Tools",
    ]

    @Test func `the modules that need a tutorial are those of the library`() throws {
        let package = try lines(of: "Package.swift").joined(separator: "\n")
        let product = try #require(package.split(separator: ".library(").dropFirst().first?.split(separator: "]").first)
        let targets = try #require(product.split(separator: "[").last)
        #expect(targets.split(separator: "\"").map(String.init).filter { $0.first?.isLetter == true } == Self.library)
    }

    @Test(arguments: library)
    func `the code of a module's articles is code that its tests run`(module: String) throws {
        let tests = SourceTree.root.appending(path: "Tests").resolvingSymlinksInPath()
        let suite = try #require(
            FileManager.default.subpathsOfDirectory(atPath: tests.path)
                .first { $0.hasSuffix("/\(module)ArticleTests.swift") })
        let tested = code(try lines(of: "Tests/\(suite)"))
        let catalog = "Sources/\(module)/\(module).docc"
        #expect(try lines(of: "\(catalog)/\(module).md").first == "# ``\(module)``")
        let articles = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appending(path: catalog).path)
        var count = 0
        for article in articles.sorted() {
            let text = try lines(of: "\(catalog)/\(article)").joined(separator: "\n")
            for block in text.components(separatedBy: "```swift\n").dropFirst() {
                let shown = code(block.components(separatedBy: "\n```")[0].split(separator: "\n"))
                let places = tested.indices.filter { tested[$0...].starts(with: shown) }
                #expect(places.count == 1, "\(article): \(shown.first ?? "")")
                count += 1
            }
        }
        #expect(count >= 3)
    }
}
