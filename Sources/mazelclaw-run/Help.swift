import Policy

/// The text of `--help`.
enum Help {
    static let version = "0.1.0"

    static let text = """
        Usage: mazelclaw-run [OPTION]... [-- COMMAND [ARGUMENT]...]
               mazelclaw-run explain|doctor|profile|ports|denials|verify [OPTION]... [--json]
               mazelclaw-run unit [--check FILE] [--scope user|system] [OPTION]... [--json]
               mazelclaw-run wrapper [--output FILE] [OPTION]... -- COMMAND [ARGUMENT]...
               mazelclaw-run compile
               mazelclaw-run matrix [PROFILE]... [--user NAME] [--json]
               mazelclaw-run why port N[/udp] | connect HOST:PORT | path PATH | syscall NAME [OPTION]...

        Runs the gateway of a profile, or COMMAND, in a sandbox that shows nothing of the host but
        /usr and the profile's own state directory and workspace, and lets it bind only its own ports.

          --profile NAME         the profile (default: default)
          --port N               base port: gateway N, browser control N+2, CDP N+11 to N+110
          --policy NAME|FILE     what the sandbox permits (default: the profile's, else gateway)
          --user NAME|UID[:GID]  run the payload as this user (root only; default: a user ID of the profile's own)
          --identity own|user    with "user" in the profile: run under a user ID of the profile's own, with the
                                 files staying that user's on the disk, or as that user (root only)
          --state-dir DIR        state directory (default: ~/.mazelclaw-NAME)
          --workspace DIR        workspace (default: workspace-NAME in the state directory)
          --workspace-overlay SIZE
                                 throw away what is written to the workspace, at most SIZE (such as 256m)
          --bind-ro SRC[:DST]    make a host path visible, read-only
          --bind SRC[:DST]       make a host path visible and writable
          --env NAME=VALUE       set a variable inside
          --status-fd N          write what happens to descriptor N, one JSON object a line
          --allow-degraded LIST  start without these guarantees: \(degradations)
          --allow-root           let root run the payload as root
          --interactive          give the payload a terminal of its own, connected to this one, with job control;
                                 after the start of a line ~. ends it, ~~ types a tilde, ~? lists these.
                                 Without it nothing that is typed reaches the payload
          --json                 print JSON (all commands but a start)
          --follow               go on with what comes (denials)
          --all                  show listeners and the proof that no port has two owners, too (ports)
          --scope user|system    for the user's own systemd manager, or for the host's (unit; default: root's is the
                                 host's)
          --check FILE           look through this unit or drop-in (unit)
          --output FILE          write the script to FILE, executable, and not to standard output (wrapper)
          --junit                print XML as JUnit writes it (verify)
          --help, --version

        Commands:
          explain                print the plan a start would carry out, one step a line
          doctor                 try what this host can hold, and say what to do about the rest
          profile                print the profile a start would use, or all of them
          ports                  print each profile's ports, who runs on them, and what overlaps; exit status 0
                                 when no port has two owners and every profile could start, 1 when not
          denials                print what was refused inside, and how often by each rule
          verify                 try all that the sandbox guarantees, with nothing run inside; exit status 0 when
                                 it holds, 125 when not
          matrix                 start profiles (all of them by default) with probes instead of payloads, let each
                                 try to reach every other, and print who could; exit status 0 when all was
                                 refused, 125 when not
          why                    say whether something is allowed inside, by which rule, and what to change;
                                 exit status 0 when it is allowed, 1 when not
          unit                   print the systemd unit of a profile's gateway. With --check: name the directives of
                                 FILE that do nothing or break the service, with the reason and what to do; exit
                                 status 0 when there are none, 1 when there are
          wrapper                print a script that runs COMMAND in the sandbox with these options and with the
                                 arguments it is given: for services that let you choose their program alone
          compile                compile the seccomp filters of the installed policies and store them next to the
                                 policy files, which makes each start some milliseconds shorter

        Under a service manager: what the payload tells NOTIFY_SOCKET is passed on with the launcher as sender
        (Type=notify, NotifyAccess=main), and listeners in LISTEN_FDS go to the payload when it may listen there.

        Exit status: the payload's own, 128+N when signal N killed it, or
          2 usage, 69 the host lacks a required guarantee, 78 invalid profile or policy,
          125 an isolation step failed, 126 not executable, 127 not found.
        A service manager is told 1 when 2, 69 or 78 was the payload's own.

        """

    /// The options, for suggestions.
    static let options = [
        "--profile", "--port", "--policy", "--user", "--identity", "--state-dir", "--workspace", "--workspace-overlay",
        "--bind-ro",
        "--bind", "--env",
        "--status-fd", "--allow-degraded", "--allow-root", "--interactive", "--json", "--follow", "--all", "--junit",
        "--scope", "--check", "--output",
        "--help",
        "--version",
    ]

    private static var degradations: String {
        Degradation.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
