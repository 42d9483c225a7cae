import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// What ties a sibling's supervisor to others: to who asked for the sibling, and to the supervisor of the payload, which made
/// it. When either is gone the sibling ends.
struct SiblingLink {
    /// The kind of sibling.
    let kind: String
    /// The socket that came with the request.
    let asker: FileDescriptor
    /// The payload's supervisor, which takes records as JSON text.
    let overseer: Channel

    /// Tells the one who asked. Who does not read, or has gone, does not keep the sibling.
    func tell(_ event: SiblingEvent) {
        _ = try? asker.sendDatagram(event.bytes)
    }

    /// Tells the payload's supervisor, which writes it down. A supervisor that does not keep up loses records, never the sibling
    /// its time.
    func record(_ record: JSON) {
        _ = try? overseer.descriptor.sendDatagram(record.serialized())
    }

    /// The most bytes a record has.
    static let recordLimit = 16 << 10

    /// The next order; nil when none waits. Throws EPIPE when who asked is gone, and EBADMSG for what is none.
    func nextOrder() throws(Errno) -> SiblingOrder? {
        guard let bytes = try asker.receiveDatagram(limit: SiblingOrder.byteLimit) else { return nil }
        guard !bytes.isEmpty else { throw .brokenPipe }
        do {
            return try SiblingOrder(bytes: bytes)
        } catch {
            throw .badMessage
        }
    }
}
