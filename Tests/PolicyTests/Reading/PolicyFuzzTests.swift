import Foundation
import Fuzzing
import JSON
import Policy
import Testing

/// Policies and profiles nobody would write.
@Suite struct PolicyFuzzTests {
    @Test func `a policy is read, or refused at a place in it`() throws {
        let sandboxes = try ["gateway", "browser"].map { try text("\($0).json") }
        let filters = try ["gateway", "browser"].map { try text("\($0).seccomp.json") }
        let profile = Array(#"{"basePort": 18789, "user": "me", "connect": {"ports": [8080]}}"#.utf8)
        let name = try #require(ProfileName("main"))
        for seed in FuzzRun("policy") {
            var random = SplitMix(seed: seed)
            let sandbox = random.changed(random.one(of: sandboxes))
            refused(seed, sandbox) { () throws(PolicyError) in _ = try SandboxPolicy(file: "f", text: sandbox) }
            let filter = random.changed(random.one(of: filters))
            refused(seed, filter) { () throws(PolicyError) in _ = try SeccompPolicy(file: "f", text: filter) }
            let file = random.changed(profile)
            refused(seed, file) { () throws(PolicyError) in _ = try Profile(name: name, file: "f", text: file) }
        }
    }

    private func text(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: PlanFixture.repository.appending(path: "policies/\(name)")))
    }

    private func refused(_ seed: UInt64, _ text: [UInt8], _ read: () throws(PolicyError) -> Void) {
        do throws(PolicyError) {
            try read()
        } catch {
            #expect(!error.message.isEmpty)
            let lines = text.count { $0 == UInt8(ascii: "\n") } + 1
            let isInside = error.position.map { (1...lines).contains($0.line) && $0.column >= 1 } == true
            #expect(isInside, "seed \(seed): \(error) in \(String(decoding: text, as: UTF8.self))")
        }
    }
}

extension SplitMix {
    /// `text` with something else in some places: as a value, or as bytes.
    fileprivate mutating func changed(_ text: [UInt8]) -> [UInt8] {
        var text = text
        if below(2) == 0, let value = try? JSON(parsing: text) { text = strange(value).serialized(pretty: true) }
        for _ in 0..<below(3) { damage(&text) }
        return text
    }

    private mutating func strange(_ value: JSON) -> JSON {
        switch value {
        case .object(let object) where !object.members.isEmpty:
            var object = object
            let member = one(of: object.members)
            switch below(4) {
            case 0: object[member.name] = nil
            case 1: object[member.name] = self.value(depth: 1)
            case 2: object[name()] = member.value
            default: object[member.name] = strange(member.value)
            }
            return .object(object)
        case .array(var elements) where !elements.isEmpty:
            let index = below(elements.count)
            switch below(4) {
            case 0: elements.append(elements[index])
            case 1: elements[index] = self.value(depth: 1)
            default: elements[index] = strange(elements[index])
            }
            return .array(elements)
        default: return self.value(depth: 2)
        }
    }
}
