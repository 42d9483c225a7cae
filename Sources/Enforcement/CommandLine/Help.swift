import Policy

/// What `--help` prints, and the manual's page (mazelclaw-run(1)).
public enum Help {
    /// What some words of the command line mean.
    struct Entry {
        let words: String
        let meaning: String

        init(_ words: String, _ meaning: String) {
            self.words = words
            self.meaning = meaning
        }
    }

    /// The launcher's version, as `--version` prints it.
    public static let version = "0.1.0"

    private static let synopsis = [
        "mazelclaw-run [OPTION]... [-- COMMAND [ARGUMENT]...]",
        "mazelclaw-run explain|doctor|profile|ports|denials|verify [OPTION]... [--json]",
        "mazelclaw-run unit [--check FILE] [--scope user|system] [OPTION]... [--json]",
        "mazelclaw-run wrapper [--output FILE] [OPTION]... -- COMMAND [ARGUMENT]...",
        "mazelclaw-run compile",
        "mazelclaw-run matrix [PROFILE]... [--user NAME] [--json]",
        "mazelclaw-run why port N[/udp] | connect HOST:PORT | path PATH | syscall NAME [OPTION]...",
    ]

    private static let summary =
        "Runs the gateway of a profile, or COMMAND, in a sandbox that shows nothing of the host but /usr and the "
        + "profile's own state directory and workspace, and lets it bind only its own ports."

    private static let options = [
        Entry("--profile NAME", "the profile (default: default)"),
        Entry("--port N", "base port: gateway N, browser control N+2, CDP N+11 to N+110"),
        Entry("--policy NAME|FILE", "what the sandbox permits (default: the profile's, else gateway)"),
        Entry(
            "--user NAME|UID[:GID]",
            "run the payload as this user (root only; default: a user ID of the profile's own)"),
        Entry(
            "--identity own|user",
            "with \"user\" in the profile: run under a user ID of the profile's own, with the files staying "
                + "that user's on the disk, or as that user (root only)"),
        Entry("--state-dir DIR", "state directory (default: ~/.mazelclaw-NAME)"),
        Entry("--workspace DIR", "workspace (default: workspace-NAME in the state directory)"),
        Entry("--workspace-overlay SIZE", "throw away what is written to the workspace, at most SIZE (such as 256m)"),
        Entry("--bind-ro SRC[:DST]", "make a host path visible, read-only"),
        Entry("--bind SRC[:DST]", "make a host path visible and writable"),
        Entry("--env NAME=VALUE", "set a variable inside"),
        Entry("--status-fd N", "write what happens to descriptor N, one JSON object a line"),
        Entry("--allow-degraded LIST", "start without these guarantees: \(degradations)"),
        Entry("--allow-root", "let root run the payload as root"),
        Entry(
            "--interactive",
            "give the payload a terminal of its own, connected to this one, with job control; after the start "
                + "of a line ~. ends it, ~~ types a tilde, ~? lists these. Without it nothing that is typed reaches "
                + "the payload"),
        Entry("--json", "print JSON (all commands but a start)"),
        Entry("--follow", "go on with what comes (denials)"),
        Entry("--all", "show listeners and the proof that no port has two owners, too (ports)"),
        Entry(
            "--scope user|system",
            "for the user's own systemd manager, or for the host's (unit; default: root's is the host's)"),
        Entry("--check FILE", "look through this unit or drop-in (unit)"),
        Entry("--output FILE", "write the script to FILE, executable, and not to standard output (wrapper)"),
        Entry("--junit", "print XML as JUnit writes it (verify)"),
        Entry("--help", "print this"),
        Entry("--manual", "print this as a page of the manual, for man(1)"),
        Entry("--version", "print the version"),
    ]

    private static let commands = [
        Entry("explain", "print the plan a start would carry out, one step a line"),
        Entry("doctor", "try what this host can hold, and say what to do about the rest"),
        Entry("profile", "print the profile a start would use, or all of them"),
        Entry(
            "ports",
            "print each profile's ports, who runs on them, and what overlaps; exit status 0 when no port has "
                + "two owners and every profile could start, 1 when not"),
        Entry("denials", "print what was refused inside, and how often by each rule"),
        Entry(
            "verify",
            "try all that the sandbox guarantees, with nothing run inside; exit status 0 when it holds, 125 "
                + "when not"),
        Entry(
            "matrix",
            "start profiles (all of them by default) with probes instead of payloads, let each try to reach "
                + "every other, and print who could; exit status 0 when all was refused, 125 when not"),
        Entry(
            "why",
            "say whether something is allowed inside, by which rule, and what to change; exit status 0 when "
                + "it is allowed, 1 when not"),
        Entry(
            "unit",
            "print the systemd unit of a profile's gateway. With --check: name the directives of FILE that do "
                + "nothing or break the service, with the reason and what to do; exit status 0 when there are none, "
                + "1 when there are"),
        Entry(
            "wrapper",
            "print a script that runs COMMAND in the sandbox with these options and with the arguments it is "
                + "given: for services that let you choose their program alone"),
        Entry(
            "compile",
            "compile the seccomp filters of the installed policies and store them next to the policy files, "
                + "which makes each start some milliseconds shorter"),
    ]

    private static let serviceManager =
        "Under a service manager: what the payload tells NOTIFY_SOCKET is passed on with the launcher as sender "
        + "(Type=notify, NotifyAccess=main), and listeners in LISTEN_FDS go to the payload when it may listen there."

    private static let exitStatus =
        "Exit status: the payload's own, 128+N when signal N killed it, or 2 usage, 69 the host lacks a required "
        + "guarantee, 78 invalid profile or policy, 125 an isolation step failed, 126 not executable, 127 not found. "
        + "A service manager is told 1 when 2, 69 or 78 was the payload's own."

    /// The options' names, for suggestions.
    static var optionNames: [String] { options.compactMap { $0.words.split(separator: " ").first.map(String.init) } }

    private static var degradations: String {
        Degradation.allCases.map(\.rawValue).joined(separator: ", ")
    }

    // MARK: Text

    /// What `--help` prints, in lines of at most 112 columns but for the synopsis.
    public static var text: String {
        let usage = synopsis.enumerated().map { ($0 == 0 ? "Usage: " : "       ") + $1 }.joined(separator: "\n")
        return """
            \(usage)

            \(filled(summary))

            \(options.map(line).joined(separator: "\n"))

            Commands:
            \(commands.map(line).joined(separator: "\n"))

            \(filled(serviceManager))

            \(filled(exitStatus))

            """
    }

    /// Where meanings begin, and where lines end.
    private static let (column, width) = (25, 112)

    private static func line(_ entry: Entry) -> String {
        let head = "  " + entry.words
        let indentation = String(repeating: " ", count: column)
        let text = filled(entry.meaning, indentation: indentation)
        guard head.utf8.count <= column - 2 else { return "\(head)\n\(text)" }
        return head + text.dropFirst(head.utf8.count)
    }

    /// `text` in lines that are not too long, each behind `indentation`.
    private static func filled(_ text: String, indentation: String = "") -> String {
        var lines: [String] = []
        var line = indentation
        for word in text.split(separator: " ") {
            if line.utf8.count > indentation.utf8.count {
                if line.utf8.count + 1 + word.utf8.count > width {
                    lines.append(line)
                    line = indentation
                } else {
                    line += " "
                }
            }
            line += word
        }
        return (lines + [line]).joined(separator: "\n")
    }

    // MARK: Manual

    /// The manual's page, for man(1).
    public static var manual: String {
        var page = ManualPage("mazelclaw-run", version: version, summary: "run a gateway in the sandbox of its profile")
        page.section("SYNOPSIS")
        page.add(lines: synopsis)
        page.section("DESCRIPTION")
        page.add(summary)
        page.add(serviceManager)
        page.section("OPTIONS")
        for option in options { page.add(option.words, option.meaning) }
        page.section("COMMANDS")
        for command in commands { page.add(command.words, command.meaning) }
        page.section("EXIT STATUS")
        page.add(exitStatus)
        page.section("SEE ALSO")
        page.add("mazelclaw(1)")
        return page.text
    }
}
