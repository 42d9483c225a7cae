import Glibc

/// Loads a gateway, or what speaks like one, from one thread: the same client for every server that is measured.
///
///     load-generator rate PORT TOKEN CONNECTIONS DEPTH SECONDS
///     load-generator hold PORT TOKEN CONNECTIONS
///     load-generator ask PORT TOKEN METHOD PARAMS COUNT
///
/// `rate` prints how many `health` requests were answered in a second, with DEPTH of them under way on each connection.
/// `hold` prints "holding" once all connections have said hello, and keeps them until its input ends. `ask` prints the
/// median time of an answer in microseconds, one asked after the other, below the last answer.
enum LoadGenerator {
    static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count >= 4, let port = UInt16(arguments[1]) else { return 2 }
        let token = arguments[2]
        do {
            switch (arguments[0], arguments.count) {
            case ("rate", 6):
                guard let count = Int(arguments[3]), let depth = Int(arguments[4]), let seconds = Int(arguments[5])
                else { return 2 }
                let connections = try (0..<count).map { _ in try Connection(port: port, token: token) }
                print(try rate(connections, depth: depth, seconds: seconds))
            case ("hold", 4):
                guard let count = Int(arguments[3]) else { return 2 }
                let connections = try (0..<count).map { _ in try Connection(port: port, token: token) }
                try hold(connections)
            case ("ask", 6):
                guard let count = Int(arguments[5]) else { return 2 }
                let connection = try Connection(port: port, token: token)
                print(try median(connection, method: arguments[3], params: arguments[4], count: count))
            default: return 2
            }
            return 0
        } catch {
            say("load-generator: \(error)", to: STDERR_FILENO)
            return 1
        }
    }

    /// Requests answered in a second.
    private static func rate(_ connections: [Connection], depth: Int, seconds: Int) throws(LoadError) -> Int {
        var poller = Poller()
        for connection in connections { poller.add(connection.descriptor) }
        let request = WebSocketFrame.text(#"{"type":"req","id":"h","method":"health"}"#)
        for connection in connections { try connection.send(request, times: depth) }
        // Once the server is warm.
        let begin = now() + 500_000
        let end = begin + seconds * 1_000_000
        var answered = 0
        while true {
            let ready = try poller.wait()
            let time = now()
            if time >= end { break }
            for index in ready {
                let count = try connections[index].receive()
                if time >= begin { answered += count }
                if count > 0 { try connections[index].send(request, times: count) }
            }
        }
        return answered / seconds
    }

    private static func hold(_ connections: [Connection]) throws(LoadError) {
        var poller = Poller()
        for connection in connections { poller.add(connection.descriptor) }
        poller.add(STDIN_FILENO)
        say("holding", to: STDOUT_FILENO)
        while true {
            for index in try poller.wait() {
                if index == connections.count { return }
                _ = try connections[index].receive()
            }
        }
    }

    private static func median(
        _ connection: Connection, method: String, params: String, count: Int
    ) throws(LoadError) -> Int {
        let request = WebSocketFrame.text(#"{"type":"req","id":"a","method":"\#(method)","params":\#(params)}"#)
        var times: [Int] = []
        for _ in 0..<count {
            let begin = now()
            try connection.send(request, times: 1)
            while try connection.receive() == 0 {}
            times.append(now() - begin)
        }
        print(connection.lastAnswer)
        return times.sorted()[count / 2]
    }

    private static func say(_ text: String, to descriptor: Int32) {
        let line = text + "\n"
        _ = write(descriptor, line, line.utf8.count)
    }

    /// Microseconds of a clock that nobody sets.
    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
