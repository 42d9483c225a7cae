import Policy
import Testing

@testable import Profiles

@Suite struct EphemeralPortsTests {
    @Test func `the kernel's files are read`() throws {
        let ports = try #require(EphemeralPorts(rangeFile: "32768\t60999\n", reservedFile: "40000-40110,50000\n"))
        #expect(ports.range == 32768...60999)
        #expect(ports.reserved == [40000...40110, 50000...50000])
        #expect("\(ports)" == "32768-60999 without 40000-40110,50000")
        #expect(ports.contains(32768) && ports.contains(60999) && ports.contains(40111))
        #expect(!ports.contains(32767) && !ports.contains(61000) && !ports.contains(40000) && !ports.contains(50000))
    }

    @Test(arguments: ["", "x y", "5", "60999\t32768", "0\t70000"])
    func `what is no range is none`(text: String) {
        #expect(EphemeralPorts(rangeFile: text, reservedFile: "") == nil)
    }

    @Test func `the first of a set is found, and none where all are reserved`() throws {
        let set = try #require(PortSet(base: 32700))
        #expect(EphemeralPorts.usual.first(in: set) == 32768)
        #expect(EphemeralPorts.usual.first(in: try #require(PortSet(base: 32657))) == nil)
        #expect(EphemeralPorts(range: 32768...60999, reserved: [32768...32810]).first(in: set) == nil)
    }
}
