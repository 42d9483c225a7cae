import Foundation
import Policy
import Testing

@Test func `the kernel's words on confinement are understood`() throws {
    let confined = ProcessConfinement(status: "Name:\tx\nNoNewPrivs:\t1\nSeccomp:\t2\nCapEff:\t0000000000000000\n")
    #expect(confined.isConfined == true)
    #expect(confined.summary == "no new privileges, system calls filtered, no capabilities")
    let privileged = ProcessConfinement(status: "NoNewPrivs:\t0\nSeccomp:\t2\nCapEff:\t0000000000000000\n")
    #expect(privileged.isConfined == false)
    #expect(privileged.summary == "NEW PRIVILEGES POSSIBLE, system calls filtered, no capabilities")
    let capable = ProcessConfinement(status: "NoNewPrivs:\t1\nSeccomp:\t2\nCapEff:\t0000000000000400\n")
    #expect(capable.isConfined == false)
    #expect(ProcessConfinement(status: "Name:\tx\n").isConfined == nil)
    #expect(ProcessConfinement(status: "").summary.contains("cannot see"))
    let own = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    #expect(ProcessConfinement(status: own).isConfined != nil)
}
