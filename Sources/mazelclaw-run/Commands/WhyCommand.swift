import Enforcement
import JSON
import Policy

extension Program {
    /// `why`: whether something may be done inside, from the very plan a start would carry out. The exit code is 0
    /// when all of it may be done, 1 when not.
    func answerWhy() throws(LaunchError) -> Int32 {
        let launch = try Launch(arguments.options, by: makeCaller(), creating: false)
        guard arguments.operands.count == 2 else { throw .usage(Self.forms) }
        let (kind, subject) = (arguments.operands[0], arguments.operands[1])
        let answers: [Answer]
        switch kind {
        case "port":
            let parts = subject.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard let port = UInt16(Substring(parts[0])), parts.count < 3,
                let transport = Transport(rawValue: parts.count == 2 ? String(Substring(parts[1])) : "tcp")
            else { throw .usage("\"\(subject)\" is no port: expected N or N/udp; \(Self.forms)") }
            answers = try launch.plan(preparing: false).answers(binding: port, transport)
        case "connect":
            guard let colon = subject.utf8.lastIndex(of: UInt8(ascii: ":")),
                let port = UInt16(subject[subject.utf8.index(after: colon)...]), port != 0
            else { throw .usage("\"\(subject)\" is no destination: expected HOST:PORT; \(Self.forms)") }
            let plan = try launch.plan(preparing: false)
            answers = [plan.answer(connectingTo: String(subject[..<colon]), port)]
        case "path":
            guard let path = AbsolutePath(subject) else {
                throw .usage("\"\(subject)\" is no absolute path without \"..\"; \(Self.forms)")
            }
            answers = try launch.plan(preparing: false).answers(about: path)
        case "syscall":
            guard SyscallTable.number(of: subject) != nil else {
                throw .usage("\"\(subject)\" is no system call of x86-64 that libseccomp knows")
            }
            answers = try launch.seccompPolicy().answers(aboutSystemCall: subject)
        default: throw .usage("\"\(kind)\" is nothing to ask about; \(Self.forms)")
        }
        if arguments.isJSON {
            output.print(JSON.array(answers.map(\.json)).text(pretty: true) + "\n")
        } else {
            for answer in answers { output.print("\(answer)\n") }
        }
        return answers.allSatisfy(\.isAllowed) ? 0 : 1
    }

    private static var forms: String {
        "give why port N[/udp], why connect HOST:PORT, why path PATH or why syscall NAME"
    }
}
