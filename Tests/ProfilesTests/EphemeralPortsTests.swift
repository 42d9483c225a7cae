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

    @Test(
        arguments: [
            (19789, nil), (32_700, "in the kernel's"), (40_000, "in the kernel's"), (61_000, "above the kernel's"),
        ] as [(UInt16, String?)])
    func `a base in the range, or above it, is warned of`(base: UInt16, words: String?) throws {
        let name = try #require(ProfileName("main"))
        let warning = try EphemeralPorts.usual.warning(about: #require(PortSet(base: base)), of: name)
        guard let words else {
            #expect(warning == nil)
            return
        }
        #expect(warning?.contains(words) == true, "\(warning ?? "nothing")")
    }

    @Test func `a base that is reserved is warned of nowhere`() throws {
        let name = try #require(ProfileName("main"))
        let ports = try #require(PortSet(base: 61_000))
        let reserving = EphemeralPorts(range: 32768...60999, reserved: [61_000...61_110])
        #expect(reserving.warning(about: ports, of: name) == nil)
    }
}
