import Glibc
import NIOCore
import NIOPosix

/// A browser's DevTools on a pair of pipes (`--remote-debugging-pipe`): messages end with a NUL character, and whoever has
/// the pipes may do everything.
enum PipeCarrier {
    /// Has `receiver` take the messages of the browser whose pipes these are. Both descriptors are the carrier's from now on,
    /// also when this throws.
    static func open(
        reading: Int32, writing: Int32, on group: any EventLoopGroup, limits: DevToolsLimits,
        _ receiver: any MessageReceiver
    ) async throws(DevToolsError) -> any Channel {
        do {
            return try await NIOPipeBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(
                            ByteToMessageHandler(NULTerminatedDecoder(limit: limits.message)))
                        try pipeline.addHandler(NULTerminatedEncoder())
                        try pipeline.addHandler(MessageHandler(receiver))
                    }
                }
                .takingOwnershipOfDescriptors(input: reading, output: writing).get()
        } catch {
            // Where the kernel would not have them they are still ours.
            close(reading)
            close(writing)
            throw .unreachable("its pipes", reason: "\(error)")
        }
    }
}
