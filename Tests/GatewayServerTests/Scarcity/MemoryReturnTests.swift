import Synchronization
import Testing

@testable import GatewayServer

/// A process that holds so many bytes, of which some can be given back.
private final class Holder: Sendable {
    let held = Mutex((used: 20 << 20, freed: 0, calls: 0))

    var memory: MemoryReturn {
        MemoryReturn(
            resident: { self.held.withLock { $0.used + $0.freed } },
            trim: {
                self.held.withLock { held in
                    held.freed = 0
                    held.calls += 1
                }
            })
    }
}

@Test func `memory is given back when much more is held than before, and ever more seldom for what is in use`() {
    let holder = Holder()
    let memory = holder.memory
    memory.look()
    #expect(holder.held.withLock { $0.calls } == 0)
    holder.held.withLock { $0.freed = 50 << 20 }
    memory.look()
    #expect(holder.held.withLock { $0.freed } == 0)
    // In use now: in a hundred looks it is tried a few times.
    holder.held.withLock { held in
        held.used += 30 << 20
        held.calls = 0
    }
    for _ in 1...100 { memory.look() }
    #expect((1...8).contains(holder.held.withLock { $0.calls }))
    // What is freed later is given back at once: more is resident than before.
    holder.held.withLock { $0.freed = 20 << 20 }
    memory.look()
    #expect(holder.held.withLock { $0.freed } == 0)
    // So is what was in use before and is freed only now.
    holder.held.withLock { held in
        held.used -= 30 << 20
        held.freed = 30 << 20
    }
    for _ in 1...64 { memory.look() }
    #expect(holder.held.withLock { $0.freed } == 0)
}
