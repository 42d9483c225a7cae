import Linux
import Policy
import SystemPackage

extension StandardStreams {
    /// What this process has as descriptors 0, 1 and 2, and as `status`.
    init(status: FileDescriptor?) throws(Errno) {
        self.init(
            input: try Self.look(at: .standardInput), output: try Self.look(at: .standardOutput),
            error: try Self.look(at: .standardError),
            status: try status.map { (descriptor) throws(Errno) in try Self.look(at: descriptor) })
    }

    private static func look(at descriptor: FileDescriptor) throws(Errno) -> Stream {
        let status = try FileStatus(of: descriptor)
        let kind: Stream.Kind
        switch status.kind {
        case .characterDevice: kind = try Terminal(descriptor).isTerminal() ? .terminal : .file
        case .pipe, .socket: kind = .channel
        case .directory, .regular, .symbolicLink, .other: kind = .file
        }
        return Stream(kind, status.identity)
    }
}
