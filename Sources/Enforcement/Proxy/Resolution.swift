import Glibc
import Linux
import Policy
import SystemPackage

/// One name being looked up: in hosts(5) first, then with name servers (RFC 1035), IPv4 and then IPv6 addresses.
///
/// Nothing here waits. The owner asks `interest` what to wait for, and calls `step` when it has come or time is up.
struct Resolution {
    /// How far it is.
    enum Progress {
        case waiting
        /// All addresses of the name; none when it has none.
        case found([IPAddress])
        /// No server could tell.
        case failed(String)
    }

    /// How long a server has to answer, in microseconds.
    private static let patience: Int64 = 2_000_000
    /// How often each server is asked.
    private static let rounds = 2
    /// How many aliases are followed.
    private static let aliasLimit = 8

    private let name: HostText
    private let files: NameFiles
    private var asked: HostText
    private var type = DNSMessage.RecordType.a
    private var found: [IPAddress] = []
    private var aliases = 0
    private var attempt = 0
    private var id: UInt16 = 0
    private var socket: FileDescriptor?
    private var isStream = false
    /// Over TCP: what is left to be sent, and what has come.
    private var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []
    /// When the server asked last must have answered (CLOCK_MONOTONIC, in microseconds).
    private(set) var deadline: Int64 = 0

    init(name: HostText, files: NameFiles) {
        self.name = name
        self.files = files
        asked = name
    }

    /// What to wait for; nil before `start` and at the end.
    var interest: (descriptor: FileDescriptor, writes: Bool)? {
        socket.map { ($0, !outgoing.isEmpty) }
    }

    /// Looks the name up in the host's files, and asks the first name server where they do not know it.
    mutating func start(at now: Int64) -> Progress {
        let known = files.addresses(of: name)
        guard known.isEmpty else { return .found(known) }
        return ask(at: now)
    }

    /// Gives up.
    mutating func end() {
        socket?.discard()
        socket = nil
    }

    /// Goes on, when the descriptor is ready or time has passed.
    mutating func step(isReady: Bool, at now: Int64) -> Progress {
        guard isReady else { return deadline <= now ? askNext(at: now, "no answer in time") : .waiting }
        do throws(Errno) {
            guard let message = try isStream ? receiveFromStream() : receiveDatagram() else { return .waiting }
            // What answers another question is somebody else's doing: the answer may yet come.
            guard let answer = DNSMessage.answer(message, id: id, name: asked, type: type) else {
                return isStream ? askNext(at: now, "a wrong answer") : .waiting
            }
            return take(answer, at: now)
        } catch {
            return askNext(at: now, error.name)
        }
    }

    private mutating func take(_ answer: DNSMessage.Answer, at now: Int64) -> Progress {
        switch answer {
        case .addresses(let addresses):
            found += addresses
            return goOn(at: now)
        case .alias(let other):
            aliases += 1
            guard aliases <= Self.aliasLimit else { return goOn(at: now) }
            asked = other
            attempt = 0
            return ask(at: now)
        case .truncated: return isStream ? askNext(at: now, "an answer too long") : ask(overStream: true, at: now)
        case .failure(let code): return askNext(at: now, "error \(code)")
        }
    }

    /// IPv6 after IPv4, then the end.
    private mutating func goOn(at now: Int64) -> Progress {
        guard type == .a else {
            end()
            return .found(found)
        }
        type = .aaaa
        asked = name
        (aliases, attempt) = (0, 0)
        return ask(at: now)
    }

    private mutating func askNext(at now: Int64, _ reason: String) -> Progress {
        attempt += 1
        guard attempt < Self.rounds * files.servers.count else {
            end()
            // With addresses of one kind at hand those of the other are not missed.
            return found.isEmpty ? .failed("the name servers give no answer (\(reason))") : .found(found)
        }
        return ask(at: now)
    }

    private mutating func ask(overStream: Bool = false, at now: Int64) -> Progress {
        end()
        // A new number, and a socket whose port is new: both must be guessed by who wants to answer first (RFC 5452).
        id = .random(in: .min ... .max)
        isStream = overStream
        deadline = now + Self.patience
        let question = DNSMessage.question(id: id, name: asked, type: type)
        let server = files.servers[attempt % files.servers.count]
        do throws(Errno) {
            let made = try FileDescriptor.internetSocket(isIPv6: !server.isIPv4, isStream: overStream)
            socket = made
            try made.setNonBlocking(true)
            do throws(Errno) {
                try made.connect(to: InternetAddress(address: server, port: 53).bytes)
            } catch {
                guard overStream, error == .nowInProgress else { throw error }
            }
            if overStream {
                incoming = []
                outgoing = [UInt8(question.count >> 8), UInt8(truncatingIfNeeded: question.count)] + question
            } else {
                outgoing = []
                try made.sendDatagram(question)
            }
            return .waiting
        } catch {
            return askNext(at: now, error.name)
        }
    }

    private func receiveDatagram() throws(Errno) -> [UInt8]? {
        try socket?.receiveDatagram(limit: 4096)
    }

    private mutating func receiveFromStream() throws(Errno) -> [UInt8]? {
        guard let socket else { return nil }
        if !outgoing.isEmpty {
            outgoing.removeFirst(try socket.sendSome(outgoing))
            return nil
        }
        guard let piece = try socket.receiveSome(limit: 4096) else { return nil }
        guard !piece.isEmpty else { throw .connectionReset }
        incoming += piece
        guard incoming.count >= 2 else { return nil }
        let length = Int(incoming[0]) << 8 | Int(incoming[1])
        guard incoming.count >= 2 + length else { return nil }
        return Array(incoming[2..<2 + length])
    }
}
