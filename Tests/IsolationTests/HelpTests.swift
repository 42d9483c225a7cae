import Testing

@Suite struct HelpTests {
    @Test func `help fits a terminal, and the manual tells the same`() throws {
        let host = try Host(.unprivileged)
        let help = try host.plain(["--help"])
        #expect(help.code == 0)
        for line in help.output.split(separator: "\n") { #expect(line.count <= 112, "\(line)") }
        let manual = try host.plain(["--manual"])
        #expect(manual.code == 0)
        // The first words of each line that begins a meaning.
        let words = help.output.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(words.contains("--workspace-overlay") && words.contains("wrapper"))
        for word in words {
            #expect(manual.output.contains(word.split(separator: "-").joined(separator: "\\-")), "\(word)")
        }
        for line in manual.output.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
            let requests = [".TH", ".SH", ".SS", ".PP", ".TP", ".nf", ".fi"]
            #expect(requests.contains(String(line.prefix(3))), "\(line)")
        }
    }
}
