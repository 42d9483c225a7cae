import Foundation
import Testing

@testable import Gateway

@Test func `the operator's page says what its commands are`() throws {
    let page = URL(filePath: #filePath).appending(path: "../../../../Sources/Gateway/Gateway.docc/Operator.md")
        .standardized
    // Reviewed like code: MAZELCLAW_UPDATE_GOLDEN=1 writes it anew, git diff shows what changed.
    if ProcessInfo.processInfo.environment["MAZELCLAW_UPDATE_GOLDEN"] == "1" {
        try Data(OperatorHelp.markdown.utf8).write(to: page)
    }
    #expect(try String(contentsOf: page, encoding: .utf8) == OperatorHelp.markdown)
}

@Test func `listening ports are read from the kernel's table`() {
    let table = """
          sl  local_address rem_address   st tx_queue rx_queue
           0: 0100007F:4965 00000000:0000 0A 00000000:00000000
           1: 0100007F:4966 0100007F:4965 01 00000000:00000000
           2: 00000000000000000000000001000000:4967 00000000000000000000000000000000:0000 0A 0:0
        """
    #expect(ListeningPorts.listening(in: table) == [0x4965, 0x4967])
}
