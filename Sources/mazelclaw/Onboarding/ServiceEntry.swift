import Glibc
import Synchronization

/// A model service that somebody names by its address.
enum ServiceEntry {
    /// Whether `text` can be the address of one. Whether it is, the trial shows.
    static func isAddress(_ text: String) -> Bool {
        let lower = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix) else { return false }
        let authority = text.dropFirst(scheme.count).prefix { $0 != "/" }
        return !authority.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            && !text.contains { $0 == "@" || $0 == "?" || $0 == "#" }
    }

    /// The choice of `model` at `address`. Its name in the configuration is made of the host's.
    static func choice(_ address: String, api: String?, key: String?, model: String) -> AnswerChoice {
        var address = address
        while address.hasSuffix("/") { address.removeLast() }
        let named = AnswerChoice.service("", title: "", baseURL: address, model: model)
        let host = named.address?.host ?? ""
        // The one of the usual services that does not speak the format of most.
        let isAnthropic = host.hasSuffix("anthropic.com")
        return .service(
            name(host), title: "\(model) at \(address)", baseURL: address,
            api: api ?? (isAnthropic ? "anthropic-messages" : nil), key: key, model: model)
    }

    /// What a service at `host` is called: the part of its name that tells it from others.
    private static func name(_ host: String) -> String {
        let parts = host.split(separator: ".").map(String.init)
        let isName = parts.count > 1 && parts.last.map { Int($0) == nil } ?? false
        let word = isName ? parts[parts.count - 2] : host
        let name = word.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        return name.isEmpty ? "service" : name == "operator" ? "operator-service" : name
    }

    /// How the terminal was before it stopped to show what is typed; nil when it shows that.
    private static let before = Mutex<termios?>(nil)

    /// Asks for a key without showing what is typed; nil when that is nothing, or no more comes.
    static func askForKey(_ text: String) async -> String? {
        Output.part(text)
        let isTerminal = hide()
        let line = await TerminalConversation.nextLine()
        if isTerminal {
            showAgain()
            Output.line("")
        }
        let key = line?.filter { !$0.isWhitespace } ?? ""
        return key.isEmpty ? nil : key
    }

    /// From now on the terminal does not show what is typed. Returns whether there is one.
    private static func hide() -> Bool {
        before.withLock { before in
            var settings = termios()
            guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return false }
            before = settings
            settings.c_lflag &= ~tcflag_t(ECHO)
            return tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) == 0
        }
    }

    /// The terminal shows what is typed again, also when the command ends early.
    static func showAgain() {
        before.withLock { before in
            if var settings = before.take() { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
        }
    }
}
