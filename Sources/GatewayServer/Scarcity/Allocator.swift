/// malloc(3), whose memory all of the gateway's is.
public enum Allocator {
    /// Has it keep little for itself: two arenas, however many threads there are, and what is large in pages of its own,
    /// which the kernel gets back as soon as it is freed (mallopt(3), M_ARENA_MAX and M_MMAP_THRESHOLD). To be called
    /// early: arenas that are there already stay.
    public static func keepLittle() {
        _ = mallopt(-8, 2)
        _ = mallopt(-3, 128 << 10)
    }
}

/// mallopt(3), which no header that Swift imports declares.
@_silgen_name("mallopt")
private func mallopt(_ parameter: Int32, _ value: Int32) -> Int32
