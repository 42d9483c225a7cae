import ArgumentParser
import Foundation
import JSON

/// `mazelclaw browser upload`.
struct BrowserUploadCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload", abstract: "Give files to an element of a page.",
        discussion: """
            The element is an input for files, or what opens a file chooser when it is clicked. The page gets copies of files in \
            the workspace, the instance's media and the profile's downloads, as the gateway sees them.
            """)
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "What the latest snapshot called it.") var ref: String
    @Argument(help: "The files.") var paths: [String]

    func route() -> BrowserRoute {
        let directory = FileManager.default.currentDirectoryPath
        let absolute = paths.map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" }
        return .act("upload", ["ref": .string(ref), "paths": .array(absolute.map(JSON.string))]).about(tab)
    }
}

extension JSON {
    /// A download on one line.
    fileprivate var downloadLine: String {
        let end = self["path"]?.string ?? self["error"]?.string ?? "\(self["receivedBytes"]?.integer ?? 0) bytes so far"
        return "\(self["state"]?.string ?? "")  \(self["url"]?.string ?? "")  \(end)"
    }
}

/// `mazelclaw browser download`.
struct BrowserDownloadCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: "Click an element, wait for the download, and print where the file is.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "What the latest snapshot called it.") var ref: String
    @Option(help: "How long at most, in milliseconds.") var timeoutMs = 20_000

    func route() -> BrowserRoute {
        .act("download", ["ref": .string(ref), "timeoutMs": .integer(Int64(timeoutMs))]).about(tab)
    }
    func text(of answer: JSON) -> String { answer["download"]?["path"]?.string ?? "" }
}

/// `mazelclaw browser wait-download`.
struct BrowserWaitDownloadCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait-download", abstract: "Wait for a tab's next download, and print where the file is.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Option(help: "How long at most, in milliseconds.") var timeoutMs = 20_000

    func route() -> BrowserRoute {
        .post("/wait/download", ["timeoutMs": .integer(Int64(timeoutMs))]).about(tab)
    }
    func text(of answer: JSON) -> String { answer["download"]?["path"]?.string ?? "" }
}

/// `mazelclaw browser downloads`.
struct BrowserDownloadsCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "downloads", abstract: "List the files that were downloaded, and downloads that go on or failed.")
    @OptionGroup var options: BrowserOptions

    func route() -> BrowserRoute { .get("/downloads") }
    func text(of answer: JSON) -> String {
        let open = (answer["downloads"]?.array ?? []).filter { $0["state"] != "completed" }.map(\.downloadLine)
        let files = (answer["files"]?.array ?? []).map {
            "\($0["bytes"]?.integer ?? 0)  \($0["path"]?.string ?? "")"
        }
        return open.isEmpty && files.isEmpty ? "none" : (open + files).joined(separator: "\n")
    }
}

/// `mazelclaw browser remove-download`.
struct BrowserRemoveDownloadCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove-download", abstract: "Remove a file that was downloaded.")
    @OptionGroup var options: BrowserOptions
    @Argument(help: "Its name in the list.") var name: String

    func route() -> BrowserRoute { BrowserRoute(method: "DELETE", path: "/downloads/\(name)") }
    func text(of answer: JSON) -> String { "removed" }
}
