import ArgumentParser
import Gateway
import GatewayProtocol
import JSON
import Policy

/// `mazelclaw manual`: the manual's page, made of what `--help` prints.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Print the manual's page of all commands, for man(1).")

    func run() throws {
        // As the parser describes its commands (its product ArgumentParserToolInfo, version 0).
        let description = try JSON(parsing: Array(Mazelclaw._dumpHelp().utf8))
        guard let root = description["command"] else { preconditionFailure("the parser describes its commands") }
        Output.part(Self.page(of: root))
    }

    private static func page(of root: JSON) -> String {
        var page = ManualPage(
            "mazelclaw", version: Version.current, summary: "an AI gateway, one instance for each profile")
        page.section("SYNOPSIS")
        page.add(lines: ["mazelclaw [--profile NAME | --dev] COMMAND [OPTION]... [ARGUMENT]..."])
        page.section("DESCRIPTION")
        if let text = root["discussion"]?.string { page.add(text) }
        page.section("OPTIONS")
        add(argumentsOf: root, to: &page)
        page.section("COMMANDS")
        for command in shown(root["subcommands"]) { add(command, behind: "", to: &page) }
        page.section("SEE ALSO")
        page.add("mazelclaw-run(1)")
        return page.text
    }

    private static func add(_ command: JSON, behind name: String, to page: inout ManualPage) {
        let name = name + (command["commandName"]?.string ?? "")
        page.subsection(name)
        for text in ["abstract", "discussion"] {
            if let text = command[text]?.string { page.add(text) }
        }
        add(argumentsOf: command, to: &page)
        for command in shown(command["subcommands"]) { add(command, behind: "\(name) ", to: &page) }
    }

    private static func add(argumentsOf command: JSON, to page: inout ManualPage) {
        for argument in shown(command["arguments"]) {
            var meaning = argument["abstract"]?.string ?? ""
            if let value = argument["defaultValue"]?.string { meaning += " (default: \(value))" }
            page.add(words(of: argument), meaning)
        }
    }

    /// Its names and its value, as they are typed.
    private static func words(of argument: JSON) -> String {
        let value = argument["valueName"]?.string.map { $0.uppercased() } ?? "VALUE"
        guard argument["kind"]?.string != "positional" else { return value }
        let names = (argument["names"]?.array ?? []).compactMap { name in
            name["name"]?.string.map { name["kind"]?.string == "long" ? "--\($0)" : "-\($0)" }
        }
        return names.joined(separator: ", ") + (argument["kind"]?.string == "option" ? " \(value)" : "")
    }

    /// Those that help shows. Help itself is no news.
    private static func shown(_ all: JSON?) -> [JSON] {
        (all?.array ?? []).filter { one in
            one["shouldDisplay"] != false && one["commandName"] != "help"
                && !(one["names"]?.array ?? []).contains { $0["name"] == "help" || $0["name"] == "version" }
        }
    }
}
