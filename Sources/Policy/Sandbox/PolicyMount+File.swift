import JSON

extension PolicyMount {
    init(_ object: inout StrictObject) throws(PolicyError) {
        _ = try object.string("comment")
        destination = try object.require(try object.path("destination"), "destination")
        let type = try object.require(try object.string("type"), "type")
        let source = try object.path("source")
        let options = try object.strings("options") ?? []

        restrictions = []
        mayBeMissing = false
        var size: UInt64?
        var terminals: Int?
        var mode: UInt32 = 0o755
        for option in options {
            if let known = MountRestrictions.named.first(where: { $0.name == option }) {
                restrictions.insert(known.restriction)
            } else if option == "nofail" {
                mayBeMissing = true
            } else if option.hasPrefix("size="), let bytes = TemporarySize.bytes(option.dropFirst(5)) {
                size = bytes
            } else if option.hasPrefix("mode="), let bits = UInt32(option.dropFirst(5), radix: 8), bits <= 0o7777 {
                mode = bits
            } else if type == "devpts", option.hasPrefix("max="), let number = Int(option.dropFirst(4)), number > 0 {
                terminals = number
            } else if option != "rbind" {
                throw object.error(
                    "options",
                    "expected rbind, ro, nosuid, nodev, noexec, nofail, size=N[k|m|g], mode=OCTAL, or max=N for a devpts, "
                        + "found \"\(option)\"")
            }
        }
        switch type {
        case "bind": self.source = .bind(try object.require(source, "source"))
        case "overlay": self.source = .view(try object.require(source, "source"))
        case "copy": self.source = .copy(try object.require(source, "source"))
        case "tmpfs":
            guard let size else { throw object.error("options", "a tmpfs needs a size, such as \"size=64m\"") }
            self.source = .temporary(bytes: size, mode: mode)
        case "proc": self.source = .processes
        case "devpts": self.source = .terminals(maximum: terminals)
        default:
            throw object.error(
                "type", "expected \"bind\", \"overlay\", \"copy\", \"tmpfs\", \"proc\" or \"devpts\", found \"\(type)\""
            )
        }
        try object.finish()
    }
}
