import JSON

/// What all processes of a sandbox together may use, held by a cgroup of their own
/// (Documentation/admin-guide/cgroup-v2.rst). What is nil stays as it is on the host.
public struct ControlGroupLimits: Equatable, Sendable {
    /// The memory, in bytes (`memory.max`); none of it may be swapped out. A sandbox that needs more is ended by the kernel
    /// as a whole. At least 16 MiB.
    public var memory: UInt64?
    /// The memory, in bytes, from which on the sandbox is slowed down and has to give back what it can (`memory.high`). Not
    /// more than `memory`.
    public var memoryHigh: UInt64?
    /// The processes and threads there may be at once, init among them (`pids.max`). From 8 on.
    public var tasks: Int64?
    /// The share of the processors that it has against others when they are short (`cpu.weight`): 1 to 10,000; the kernel's
    /// default is 100.
    public var cpuWeight: Int64?
    /// The same for disks (`io.weight`): 1 to 10,000; the kernel's default is 100.
    public var ioWeight: Int64?

    /// No limits.
    public init() {}

    /// Whether nothing is limited.
    public var isEmpty: Bool { self == ControlGroupLimits() }

    /// One file of the cgroup, and what is to be written to it.
    public struct Setting: Equatable, Sendable {
        /// The file's name, such as `memory.max`.
        public var file: String
        /// The text to write, in the form that the file takes (cgroups(7)).
        public var value: String
        /// Whether a kernel without the file has nothing that would have to be limited.
        public var mayBeMissing = false

        /// The controller that has the file: what stands before the first dot.
        public var controller: String { String(file.prefix { $0 != "." }) }
    }

    /// All that is to be written, in this order.
    public var settings: [Setting] {
        var settings: [Setting] = []
        if let memoryHigh { settings.append(Setting(file: "memory.high", value: "\(memoryHigh)")) }
        if let memory {
            settings.append(Setting(file: "memory.max", value: "\(memory)"))
            // Missing where the kernel swaps nothing.
            settings.append(Setting(file: "memory.swap.max", value: "0", mayBeMissing: true))
        }
        // Half a sandbox is worth nothing, and init would have to be told apart from the payload.
        if memory != nil || memoryHigh != nil { settings.append(Setting(file: "memory.oom.group", value: "1")) }
        if let tasks { settings.append(Setting(file: "pids.max", value: "\(tasks)")) }
        if let cpuWeight { settings.append(Setting(file: "cpu.weight", value: "\(cpuWeight)")) }
        if let ioWeight { settings.append(Setting(file: "io.weight", value: "\(ioWeight)")) }
        return settings
    }

    /// The controllers that hold them, each once.
    public var controllers: [String] {
        settings.map(\.controller).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

extension ControlGroupLimits {
    /// Reads the object `limits` of a profile file: `memory` and `memoryHigh` (sizes such as `2g`), `tasks`, `cpu` and `io`.
    init(_ object: inout StrictObject) throws(PolicyError) {
        memory = try Self.size("memory", of: &object)
        memoryHigh = try Self.size("memoryHigh", of: &object)
        if let memory, let memoryHigh, memoryHigh > memory {
            throw object.error("memoryHigh", "expected at most what \"memory\" allows, \(TemporarySize.text(memory))")
        }
        tasks = try object.integer("tasks", in: 8...4_194_304)
        cpuWeight = try object.integer("cpu", in: 1...10_000)
        ioWeight = try object.integer("io", in: 1...10_000)
        try object.finish()
    }

    private static func size(_ name: String, of object: inout StrictObject) throws(PolicyError) -> UInt64? {
        guard let text = try object.string(name) else { return nil }
        guard let bytes = TemporarySize.bytes(text[...]), bytes >= 16 << 20, bytes <= Int64.max else {
            throw object.error(name, "expected a size such as \"2g\", and at least \"16m\", found \"\(text)\"")
        }
        return bytes
    }

    /// The object as it stands in a profile file; nil for no limits.
    var file: JSON? {
        guard !isEmpty else { return nil }
        var object = JSONObject()
        object["memory"] = memory.map { .string(TemporarySize.text($0)) }
        object["memoryHigh"] = memoryHigh.map { .string(TemporarySize.text($0)) }
        object["tasks"] = tasks.map(JSON.integer)
        object["cpu"] = cpuWeight.map(JSON.integer)
        object["io"] = ioWeight.map(JSON.integer)
        return .object(object)
    }
}
