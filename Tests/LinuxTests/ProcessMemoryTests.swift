import Glibc
import Linux
import SystemPackage
import Testing

@Suite struct ProcessMemoryTests {
    @Test func `a process takes what it has touched`() throws {
        let before = try ProcessMemory.bytes(of: getpid())
        #expect(before > 1 << 20)
        // As large as what another test may have given back meanwhile is not.
        let size = 64 << 20
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 1, count: size)
        #expect(try ProcessMemory.bytes(of: getpid()) > before + 32 << 20)
    }

    @Test func `a process that there is not takes nothing, and says so`() {
        #expect(throws: Errno.noSuchFileOrDirectory) { try ProcessMemory.bytes(of: Int32.max) }
    }
}
