import Foundation
import Glibc
import JSON
import Testing

/// `why` says what a sandbox does: each answer is tried inside.
@Suite(.recorded) struct QuestionTests {
    /// A question, and a command whose success inside is the answer.
    struct Question: CustomTestStringConvertible {
        let words: [String]
        /// Which of the answers is tried, by its beginning.
        let act: String
        /// Python; BASE stands for the base port.
        let trial: String
        let isAllowed: Bool
        var testDescription: String { act }
    }

    private static func bind(_ host: String, _ port: String, _ transport: String, _ isAllowed: Bool) -> Question {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let family = host.contains(":") ? "AF_INET6" : "AF_INET"
        return Question(
            words: ["port", transport == "udp" ? "\(port)/udp" : port], act: "bind \(place)/\(transport)",
            trial: "bind(\(family), SOCK_\(transport == "udp" ? "DGRAM" : "STREAM"), \"\(host)\", \(port))",
            isAllowed: isAllowed)
    }

    static let questions = [
        bind("127.0.0.1", "BASE", "tcp", true), bind("::1", "BASE", "tcp", true), bind("0.0.0.0", "BASE", "tcp", false),
        bind("::", "BASE", "tcp", false), bind("127.0.0.1", "8080", "tcp", false), bind("127.0.0.1", "0", "tcp", false),
        bind("0.0.0.0", "0", "udp", true), bind("127.0.0.1", "5353", "udp", false),
        Question(
            words: ["path", "/usr/bin/env"], act: "read /usr/bin/env", trial: "open('/usr/bin/env', 'rb')",
            isAllowed: true),
        Question(
            words: ["path", "/usr/bin/env"], act: "write /usr/bin/env", trial: "open('/usr/bin/env', 'ab')",
            isAllowed: false),
        Question(words: ["path", "/bin/sh"], act: "read /usr/bin/sh", trial: "open('/bin/sh', 'rb')", isAllowed: true),
        Question(words: ["path", "/tmp/x"], act: "write /tmp/x", trial: "open('/tmp/x', 'w')", isAllowed: true),
        Question(
            words: ["path", "/etc/shadow"], act: "read /etc/shadow", trial: "open('/etc/shadow')", isAllowed: false),
        Question(
            words: ["path", "/etc/passwd"], act: "read /etc/passwd", trial: "open('/etc/passwd')", isAllowed: true),
        Question(
            words: ["path", "/etc/passwd"], act: "write /etc/passwd", trial: "open('/etc/passwd', 'a')",
            isAllowed: false),
        Question(words: ["path", "/root/x"], act: "read /root/x", trial: "open('/root/x')", isAllowed: false),
        Question(words: ["path", "/"], act: "read /", trial: "os.listdir('/')", isAllowed: true),
        Question(words: ["path", "/"], act: "write /", trial: "os.mkdir('/x')", isAllowed: false),
        Question(
            words: ["path", "/proc/sys/kernel/core_pattern"], act: "write /proc/sys/kernel/core_pattern",
            trial: "open('/proc/sys/kernel/core_pattern', 'w')", isAllowed: false),
        Question(
            words: ["connect", "127.0.0.1:8080"], act: "connect 127.0.0.1:8080/tcp", trial: "connect(8080)",
            isAllowed: false),
        Question(
            words: ["connect", "127.0.0.1:BASE"], act: "connect 127.0.0.1:BASE/tcp", trial: "connect(BASE)",
            isAllowed: true),
        Question(words: ["syscall", "ptrace"], act: "ptrace", trial: "call(101, 0, 0, 0, 0)", isAllowed: false),
        Question(words: ["syscall", "getppid"], act: "getppid", trial: "call(110)", isAllowed: true),
        Question(words: ["syscall", "keyctl"], act: "keyctl", trial: "call(250, 0, 0, 0)", isAllowed: false),
    ]

    private static let prelude = """
        import ctypes, errno, os
        from socket import *
        def bind(family, type, host, port):
            made = socket(family, type)
            # Beside what lingers of a host that had these ports before.
            if type == SOCK_STREAM: made.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            made.bind((host, port))
        def connect(port):
            try: socket().connect(("127.0.0.1", port))
            except ConnectionRefusedError: pass
        def call(*words):
            if ctypes.CDLL(None, use_errno=True).syscall(*words) < 0: raise OSError(ctypes.get_errno(), "")

        """

    @Test(arguments: Starting.available)
    func `what why says is what a sandbox does`(starting: Starting) throws {
        let host = try Host(starting)
        // Makes the profile, which a question does not.
        #expect(try host.run(["true"]).code == 0)
        func text(_ text: String) -> String { text.replacingOccurrences(of: "BASE", with: "\(host.basePort)") }
        let script =
            Self.prelude
            + Self.questions.map { question in
                """
                try:
                    \(text(question.trial))
                    print("True")
                except OSError as error: print("False", errno.errorcode[error.errno])

                """
            }.joined()
        let tried = try host.run(["/usr/bin/python3", "-c", script]).output.split(separator: "\n")
        try #require(tried.count == Self.questions.count)
        for (question, outcome) in zip(Self.questions, tried) {
            let end = try host.command(["why"] + question.words.map(text) + ["--json"])
            let answers = try #require(try JSON(parsing: end.outputBytes).array)
            let answer = try #require(answers.first { $0["act"]?.string == text(question.act) }, "\(question)")
            #expect(answer["allowed"]?.bool == question.isAllowed, "\(question)")
            #expect(outcome.hasPrefix(question.isAllowed ? "True" : "False"), "\(question)")
            #expect(answer["rule"]?.string?.isEmpty == false)
            let isAllAllowed = answers.allSatisfy { $0["allowed"]?.bool == true }
            #expect(end.code == (isAllAllowed ? 0 : 1))
        }
    }

    @Test(arguments: [
        ["path", "/etc/shadow"], ["path", "/root/.ssh"], ["path", "/var/lib/docker"], ["path", "/proc/keys"],
        ["path", "HOME/.ssh/id_ed25519"], ["path", "HOME/.gnupg"], ["path", "/etc/mazelclaw"],
        ["path", "/var/run/x.sock"],
        ["syscall", "ptrace"], ["syscall", "mount"], ["syscall", "io_uring_setup"], ["syscall", "bpf"],
    ])
    func `nobody is advised to permit what no sandbox should have`(words: [String]) throws {
        let host = try Host(.unprivileged)
        try host.makeState()
        let end = try host.command(["why"] + words.map { $0.replacingOccurrences(of: "HOME", with: host.home) })
        #expect(end.code == 1)
        for advice in ["--bind", "add ", "change ", "take "] {
            #expect(!end.output.contains(advice), "\(end.output)")
        }
        let warnings = ["no sandbox should see it", "leave it refused", "it stays covered"]
        #expect(warnings.contains { end.output.contains($0) }, "\(end.output)")
    }

    @Test(arguments: [["path", "/srv/notes"], ["path", "HOME/notes"], ["syscall", "fanotify_init"]])
    func `what a policy may permit comes with the edit that would`(words: [String]) throws {
        let host = try Host(.unprivileged)
        try host.makeState()
        let end = try host.command(["why"] + words.map { $0.replacingOccurrences(of: "HOME", with: host.home) })
        #expect(end.code == 1)
        #expect(end.output.contains("--bind-ro") || end.output.contains("a policy of your own"), "\(end.output)")
    }

    @Test(arguments: [
        [], ["port"], ["port", "x"], ["port", "65536"], ["port", "1/sctp"], ["connect", "x"], ["connect", "x:0"],
        ["path", "x"],
        ["path", "/a/../b"], ["syscall", "opnat"], ["what", "x"], ["port", "1", "2"],
    ])
    func `a question that is none is told how to ask`(words: [String]) throws {
        let end = try Host(Starting.available[0]).command(["why"] + words)
        #expect(end.code == 2)
        #expect(end.sentences.count == 1)
    }

    @Test(arguments: Starting.available)
    func `denials shows what was refused, and how often by each rule`(starting: Starting) throws {
        let host = try Host(starting)
        let script = """
            import socket
            for port in [8080, 8081, 0]:
                try: socket.socket().bind(("127.0.0.1", port))
                except OSError: pass
            """
        #expect(try host.command(["denials"]).output == "no denials\n")
        #expect(try host.run(["/usr/bin/python3", "-c", script]).code == 0)
        let lines = try host.command(["denials"]).output.split(separator: "\n")
        #expect(
            lines.filter { $0.contains("rule unassigned-port") && $0.contains("Z p: refused bind 127.0.0.1:808") }.count
                == 2)
        #expect(lines.suffix(2) == ["2\tunassigned-port", "1\ttcp-port-0"])
        let records = try host.command(["denials", "--json"]).output.split(separator: "\n")
            .map { try JSON(parsing: Array($0.utf8)) }
        #expect(records.map { $0["act"]?.string } == ["8080", "8081", "0"].map { "bind 127.0.0.1:\($0)/tcp" })
        #expect(records.allSatisfy { $0["profile"]?.string == "p" && $0["errno"]?.string == "EACCES" })
    }

    @Test(arguments: Starting.available)
    func `the audit log holds a start, what was refused, and the end, for the launching user alone`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        #expect(try host.run(["sh", "-c", "exit 3"]).code == 3)
        let file = "\(host.root)/state/mazelclaw/audit/p.jsonl"
        let events = try Host.events(file)
        #expect(events.map { $0["event"]?.string }.first == "plan")
        #expect(events.last?["event"]?.string == "exit")
        #expect(events.last?["code"]?.integer == 3)
        var status = stat()
        #expect(stat(file, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(status.st_uid == (starting == .root ? 0 : Host.payloadUser))
    }
}
