import JSON
import Policy
import Testing

@Suite struct DenialTests {
    private func denial(_ program: String) -> Denial {
        Denial(
            time: 0, processID: 1, processIDInside: 2, program: program, act: "bind 127.0.0.1:80/tcp", rule: "r",
            errno: "EACCES", remedy: "none")
    }

    @Test func `a program's name is kept up to a length, and cut between characters`() {
        let longest = String(repeating: "x", count: Denial.programLimit)
        #expect(denial("/usr/bin/true").program == "/usr/bin/true")
        #expect(denial(longest).program == longest)
        #expect(denial(longest + "x").program == longest.dropLast(3) + "...")
        let wide = denial(String(repeating: "ü", count: 4096)).program
        #expect(wide == String(repeating: "ü", count: 126) + "...")
        #expect(denial(String(repeating: "e\u{301}", count: 2000)).program.utf8.count <= Denial.programLimit)
    }

    @Test func `so is that of a permit, and of a record that is read`() {
        let long = String(repeating: "y", count: 4096)
        let permit = Permit(time: 0, processID: 1, processIDInside: 2, program: long, act: "a", rule: "r")
        #expect(permit.program.utf8.count == Denial.programLimit)
        #expect(Denial(json: ["program": .string(long)]).program.utf8.count == Denial.programLimit)
    }
}
