import Policy
import Testing

@Suite struct DNSMessageTests {
    private let id: UInt16 = 0x1234

    private func host(_ text: String) throws -> HostText { try #require(HostText(text)) }

    private func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    /// A record, its owner given as bytes.
    private func record(_ owner: [UInt8], _ type: UInt8, _ data: [UInt8]) -> [UInt8] {
        owner + [0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
    }

    private func message(
        _ records: [[UInt8]], asked: String = "a.example", type: UInt8 = 1, flags: [UInt8] = [0x81, 0x80]
    ) -> [UInt8] {
        [0x12, 0x34] + flags + [0, 1, 0, UInt8(records.count), 0, 0, 0, 0] + name(asked) + [0, type, 0, 1]
            + records.flatMap { $0 }
    }

    private func answer(_ bytes: [UInt8], _ type: DNSMessage.RecordType = .a) throws -> DNSMessage.Answer? {
        DNSMessage.answer(bytes, id: id, name: try host("a.example"), type: type)
    }

    @Test func `a question is laid out as the standard says`() throws {
        let question = DNSMessage.question(id: id, name: try host("a.example"), type: .aaaa)
        #expect(question == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name("a.example") + [0, 28, 0, 1])
    }

    @Test func `addresses are those of the name that was asked for`() throws {
        // The owner as a pointer to the question.
        let owner: [UInt8] = [0xC0, 12]
        #expect(
            try answer(message([record(owner, 1, [192, 0, 2, 7]), record(name("b.example"), 1, [192, 0, 2, 8])]))
                == .addresses([.v4(0xC000_0207)]))
        #expect(try answer(message([record(name("A.EXAMPLE"), 1, [192, 0, 2, 7])])) == .addresses([.v4(0xC000_0207)]))
        #expect(
            try answer(message([record(owner, 28, Array(repeating: 0, count: 15) + [1])], type: 28), .aaaa)
                == .addresses([.loopback6]))
        // An address of the wrong length is none.
        #expect(try answer(message([record(owner, 1, [192, 0, 2])])) == .addresses([]))
        #expect(try answer(message([])) == .addresses([]))
        #expect(try answer(message([], flags: [0x81, 0x83])) == .addresses([]))
    }

    @Test func `aliases are followed, and one that leads out is asked for`() throws {
        let owner: [UInt8] = [0xC0, 12]
        let alias = record(owner, 5, name("b.example"))
        #expect(
            try answer(message([alias, record(name("b.example"), 1, [192, 0, 2, 8])])) == .addresses([.v4(0xC000_0208)])
        )
        #expect(try answer(message([alias])) == .alias(host("b.example")))
        // In a circle there is nothing to be found.
        let back = record(name("b.example"), 5, name("a.example"))
        #expect(try answer(message([alias, back])) == .addresses([]))
    }

    @Test func `what answers another question is no answer`() throws {
        let records = [record([0xC0, 12], 1, [192, 0, 2, 7])]
        #expect(try answer(message(records, asked: "b.example")) == nil)
        #expect(try answer(message(records, type: 28)) == nil)
        #expect(try answer(message(records), .aaaa) == nil)
        #expect(try answer(message(records, flags: [0x01, 0x80])) == nil)
        #expect(try answer([0x12, 0x35] + message(records).dropFirst(2)) == nil)
    }

    @Test func `what did not fit, and what failed, is told apart`() throws {
        #expect(try answer(message([], flags: [0x83, 0x80])) == .truncated)
        #expect(try answer(message([], flags: [0x81, 0x82])) == .failure(code: 2))
        #expect(try answer(message([], flags: [0x81, 0x85])) == .failure(code: 5))
    }

    @Test func `a message cut anywhere is no answer, and no byte changed ends badly`() throws {
        let whole = message([record([0xC0, 12], 5, name("b.example")), record(name("b.example"), 1, [192, 0, 2, 8])])
        for length in 0..<whole.count { #expect(try answer(Array(whole[..<length])) == nil) }
        // Pointers to themselves and to each other, lengths that lead out: all must come to an end.
        for index in whole.indices {
            for value in UInt8.min ... .max {
                var changed = whole
                changed[index] = value
                _ = try answer(changed)
            }
        }
    }

    @Test func `names come from the host's own files first`() throws {
        let files = NameFiles(
            hosts: "# comment\n192.0.2.1 One one.example # rest\n::1 one\nx y\n",
            resolverConfiguration:
                "search x\nnameserver 192.0.2.53\n;nameserver 1.1.1.1\nnameserver fe80::1%eth0\nnameserver\t::1\n")
        #expect(files.addresses(of: try host("one")) == [.v4(0xC000_0201), .loopback6])
        #expect(files.addresses(of: try host("ONE.example")) == [.v4(0xC000_0201)])
        #expect(files.addresses(of: try host("two")).isEmpty)
        #expect(files.servers == [.v4(0xC000_0235), .loopback6])
        #expect(NameFiles(hosts: "", resolverConfiguration: "").servers == [.loopback4])
        let many = (1...5).map { "nameserver 192.0.2.\($0)\n" }.joined()
        #expect(NameFiles(hosts: "", resolverConfiguration: many).servers.count == 3)
    }
}
