import Fuzzing
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

/// Configurations nobody would write.
@Suite struct ConfigurationFuzzTests {
    private static let main = AbsolutePath("/s/mazelclaw.json") ?? .root

    @Test func `a configuration is read, or refused at places in its files`() throws {
        for seed in FuzzRun("configuration") {
            var random = SplitMix(seed: seed)
            var files: [AbsolutePath: [UInt8]] = [:]
            for name in ["mazelclaw.json", "a.json5", "more/b.json5"] {
                let path = try #require(AbsolutePath("/s/\(name)"))
                files[path] = random.configuration(isDamaged: random.below(4) == 0)
            }
            let written = files
            let reader = ConfigurationReader(environment: ["A": "a", "EMPTY": ""]) { written[$0] }
            let snapshot = try reader.snapshot(of: Self.main)
            let text = String(decoding: files[Self.main] ?? [], as: UTF8.self)
            for fault in snapshot.faults {
                #expect(!fault.message.isEmpty)
                let lines = (files[fault.file] ?? []).count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 1
                let isInside = fault.position.map { (1...lines).contains($0.line) && $0.column >= 1 } == true
                #expect(isInside, "seed \(seed): \(fault) in \(text)")
            }
            guard let resolved = snapshot.resolved else {
                #expect(!snapshot.isValid, "seed \(seed)")
                continue
            }
            if snapshot.isRunnable {
                try run(ConfigurationFile(snapshot), now: random.one(of: SplitMix.extremeNumbers))
            }
            try check(resolved, isValid: snapshot.isValid, "seed \(seed): \(text)")
        }
    }

    @Test func `every key may hold any extreme: it is refused, set aside or used`() throws {
        let keys = ConfigurationSchema.root.listing.map(\.path)
        // Each key in turn, each time with another extreme.
        for seed in FuzzRun("configuration-extremes") {
            var random = SplitMix(seed: seed)
            let key = keys[Int(seed % UInt64(keys.count))]
            let typed = key.replacing("!", with: "").replacing("[]", with: "[0]").replacing("<*>", with: "x")
            guard let path = try? ConfigurationPath(typed) else { continue }
            var root: JSON = [:]
            root = (try? path.setting(random.extreme(), in: root)) ?? root
            let text = Array(root.text().utf8)
            let snapshot = ConfigurationReader(environment: [:]) { _ in nil }.snapshot(of: Self.main, text: text)
            #expect(snapshot.faults.allSatisfy { !$0.message.isEmpty && $0.position != nil }, "seed \(seed): \(typed)")
            guard snapshot.isRunnable else { continue }
            try run(ConfigurationFile(snapshot), now: random.one(of: SplitMix.extremeNumbers))
        }
    }

    /// Works out what a gateway would with `file`, at a time that may be any.
    private func run(_ file: ConfigurationFile, now: Int64) throws {
        let instance = try Instance(
            selection: InstanceSelection(argument: ProfileName("fuzz"), environment: [:]), profile: nil,
            home: #require(AbsolutePath("/home/fuzz")), workingDirectory: .root)
        // What a start refuses by a sentence is no configuration to run with.
        guard let configuration = try? GatewayConfiguration(instance: instance, file: file) else { return }
        let content = configuration.content
        let now = Timestamp(clamping: now)
        for heartbeat in Heartbeat.all(configuration.agents) {
            #expect(heartbeat.interval >= Heartbeat.shortestInterval && heartbeat.interval <= .longestInterval)
            #expect(now + heartbeat.interval >= now && heartbeat.quietLimit >= 0)
            _ = try heartbeat.hours?.contain(now)
        }
        for key in ["main", "irc:group:g", "irc:group:g:thread:t"] {
            let policy = configuration.sessionSettings.resets.policy(for: SessionKey(agent: "main", rest: key))
            _ = policy.isOver(updatedAt: .earliest, now: now)
        }
        let agents = AgentDirectory(configuration, environment: [:])
        #expect(agents.time >= TimeSpan(1, .seconds) && agents.time <= .longestWait)
        #expect(ContinuousClock.now + agents.time.duration > .now)
        #expect(configuration.laneLimits.values.allSatisfy { $0 > 0 })
        #expect(content.gateway.reload.debounce <= .longestWait)
        for mapping in content.hooks.mappings { #expect(mapping.timeout.map { $0 <= .longestWait } != false) }
        #expect(Int(clamping: content.cron.maxConcurrentRuns) > 0)
        #expect(Int(clamping: content.gateway.http.endpoints.responses.maxBodyBytes) > 0)
    }

    /// What holds of every configuration, and more of a valid one.
    private func check(_ resolved: JSON, isValid: Bool, _ comment: Comment) throws {
        let schema = ConfigurationSchema.root
        let known = schema.secrets(in: resolved)
        for secrets in [.none, KnownSecrets(texts: known)] {
            let shown = schema.redacted(resolved, knowing: secrets)
            let (back, missing) = schema.revealed(shown, from: resolved, knowing: secrets)
            #expect(!missing.isEmpty || back.isSame(as: resolved), comment)
            #expect(schema.redacted(shown, knowing: secrets).isSame(as: shown), comment)
        }
        #expect(ReloadPlan(from: resolved, to: resolved).changed.isEmpty, comment)
        _ = schema.unservedPaths(in: resolved)
        guard isValid else { return }
        #expect(RootSection(resolved) != nil, comment)
        let whole = schema.withDefaults(resolved)
        #expect(ConfigurationValidator.issues(in: whole).isEmpty, comment)
        #expect(schema.withDefaults(whole).isSame(as: whole), comment)
    }

    @Test func `a set of any key is refused or says it, and leaves the rest`() throws {
        let keys = ConfigurationSchema.root.listing.map(\.path)
        for seed in FuzzRun("configuration-set") {
            var random = SplitMix(seed: seed)
            let text = random.configuration(isDamaged: false)
            let document = try JSON5Document(parsing: text)
            let typed = random.one(of: keys).replacing("!", with: "").replacing("[]", with: "[0]")
                .replacing("<*>", with: "x")
            guard let path = try? ConfigurationPath(typed) else { continue }
            let value = random.value(depth: 1)
            guard let changed = try? path.setting(value, in: document.value) else { continue }
            let edited = document.text(for: changed)
            let again = try JSON5Document(parsing: edited)
            #expect(path.value(in: again.value)?.isSame(as: value) == true, "seed \(seed): \(typed)")
            #expect(again.value.isSame(as: changed), "seed \(seed): \(typed)")
            if let removed = path.removing(from: again.value) {
                #expect(path.value(in: removed)?.isSame(as: value) != true || typed.hasSuffix("]"), "seed \(seed)")
                #expect(try JSON5Document(parsing: again.text(for: removed)).value.isSame(as: removed), "seed \(seed)")
            }
        }
    }
}

extension SplitMix {
    /// A text that is nearly a configuration.
    fileprivate mutating func configuration(isDamaged: Bool) -> [UInt8] {
        let value = setting(ConfigurationSchema.root, depth: 0)
        var writer = RandomWriter(random: self)
        writer.write(value)
        self = writer.random
        var text = Array(writer.text.utf8)
        if isDamaged { damage(&text) }
        return text
    }

    /// A value that `schema` permits, mostly.
    private mutating func setting(_ schema: ConfigurationSchema, depth: Int) -> JSON {
        // At each place seldom, but somewhere in every third configuration.
        if below(60) == 0 { return value(depth: 1) }
        switch schema.kind {
        case .any: return value(depth: 1)
        case .boolean: return .bool(below(2) == 0)
        case .string:
            return .string(
                one(of: [
                    "x", "", "/abs", "~/x", "${A}", "$${A}", "${MISSING}", "${EMPTY}", "#a1B2c3", "30m",
                    "106751991167d", "<secret>",
                    "a:b@c",
                    "http://u:p@h/", "\u{e9}", "${", "$",
                ]))
        case .number(let rule):
            let low = Int64(rule.minimum ?? rule.exclusiveMinimum.map { $0 + 1 } ?? 0)
            return one(of: [
                .integer(low), .integer(low + 1), .integer(20_000), .integer(-1), .double(0.5),
                .integer(one(of: SplitMix.extremeNumbers)), .double(1e300),
            ])
        case .words(let words): return .string(one(of: words + ["wrod"]))
        case .array(let element): return .array((0..<below(3)).map { _ in setting(element, depth: depth + 1) })
        case .union(let schemas): return setting(one(of: schemas), depth: depth)
        case .object(let rule): return object(rule, depth: depth)
        }
    }

    private mutating func object(_ rule: ConfigurationSchema.ObjectRule, depth: Int) -> JSON {
        var object = JSONObject()
        for key in rule.keys where key.schema.isRequired && below(20) != 0 || below(depth == 0 ? 8 : 4) == 0 {
            object[key.name] = setting(key.schema, depth: depth + 1)
        }
        if let others = rule.others {
            for _ in 0..<below(3) { object[name()] = setting(others, depth: depth + 1) }
        }
        if below(40) == 0 { object[name()] = value(depth: 1) }
        if below(25) == 0 {
            let target = one(of: [
                "./a.json5", "more/b.json5", "./missing.json5", "../outside.json5", "/s/a.json5", "./mazelclaw.json",
                "",
            ])
            object["$include"] = below(3) == 0 ? .array([.string(target), "./a.json5"]) : .string(target)
        }
        return .object(object)
    }
}
