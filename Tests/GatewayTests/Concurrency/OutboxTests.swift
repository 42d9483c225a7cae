import Testing

@testable import Gateway

@Test func `what was put in is handed on in that order, whoever hands on`() async {
    let outbox = Outbox<Int>()
    let decided = Shared(0)
    let handedOn = Shared<[Int]>([])
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
            group.addTask {
                for _ in 0..<500 {
                    let own = decided.change { count in
                        count += 1
                        outbox.put(count)
                        return count
                    }
                    outbox.empty { element in handedOn.change { $0.append(element) } }
                    // Its own is through when the call returns.
                    let said = handedOn.value
                    #expect(said.count >= own && said[own - 1] == own)
                }
            }
        }
    }
    #expect(handedOn.value == Array(1...4000))
}

@Test func `while something is handed on, more can be put in, which goes out after it`() {
    let outbox = Outbox<Int>()
    let handedOn = Shared<[Int]>([])
    outbox.put(1)
    outbox.empty { element in
        outbox.put(2)
        handedOn.change { $0.append(element) }
    }
    #expect(handedOn.value == [1])
    outbox.empty { element in handedOn.change { $0.append(element) } }
    #expect(handedOn.value == [1, 2])
}
