import DevTools
import JSON
import Text

/// What is done with browser profiles.
struct ProfileRoutes: Sendable {
    let service: BrowserService

    init(_ service: BrowserService) {
        self.service = service
    }

    /// The longest name.
    private static let limit = 64

    /// Enters one in the configuration.
    func create(_ arguments: Arguments) async throws -> BrowserAnswer {
        guard let name = try arguments.text("name")?.trimmed, !name.isEmpty else {
            throw BrowserFault(400, "name is required")
        }
        guard Self.isName(name) else {
            throw BrowserFault(400, "invalid profile name: use lowercase letters, numbers, and hyphens only")
        }
        let settings = service.settings
        guard settings.profiles[name] == nil else { throw BrowserFault(409, "profile \"\(name)\" already exists") }
        guard try arguments.text("driver") ?? "clawd" == "clawd" else {
            throw BrowserFault(400, "driver can be clawd; a browser is not driven through an extension here")
        }
        let color = try color(arguments, settings)
        let address = try arguments.text("cdpUrl")?.trimmed
        if let address { try Self.check(address, settings) }
        let port = address == nil ? try port(arguments, settings) : nil
        let profile = BrowserSettings.Profile(port: port, address: address, color: color)
        try await service.add(name, profile)
        return BrowserAnswer(body: [
            "ok": true, "profile": .string(name), "cdpPort": port.map { .integer(Int64($0)) } ?? .null,
            "cdpUrl": profile.shownAddress.map(JSON.string) ?? .null, "color": .string(color),
            "isRemote": .bool(address != nil),
        ])
    }

    /// Takes one out of the configuration, with its user data.
    func delete(_ name: String) async throws -> BrowserAnswer {
        guard Self.isName(name) else { throw BrowserFault(400, "invalid profile name") }
        let settings = service.settings
        guard settings.profiles[name] != nil else { throw BrowserFault(404, "profile \"\(name)\" not found") }
        guard name != settings.defaultProfile else {
            throw BrowserFault(
                400, "cannot delete the default profile \"\(name)\"; change browser.defaultProfile first")
        }
        guard name != BrowserSettings.managedProfile else {
            throw BrowserFault(400, "cannot delete \"\(name)\", which there always is; reset it instead")
        }
        let isDeleted = try await service.delete(name)
        return BrowserAnswer(body: ["ok": true, "profile": .string(name), "deleted": .bool(isDeleted)])
    }

    /// Ends the browser of `name` and removes its user data.
    func reset(_ name: String) async throws -> BrowserAnswer {
        let (_, profile) = try service.profile(name)
        guard profile.address == nil else {
            throw BrowserFault(
                400, "reset-profile is only supported for local profiles (profile \"\(name)\" is remote)")
        }
        let isReset = try await service.reset(name)
        return BrowserAnswer(body: [
            "ok": true, "profile": .string(name), "moved": false, "removed": .bool(isReset),
            "from": .string(service.settings.userData(of: name)),
        ])
    }

    /// Whether `name` may name a browser profile: lower-case letters, digits and, not first, hyphens.
    private static func isName(_ name: String) -> Bool {
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return name.utf8.count <= limit && (name.utf8.first.map(isLetterOrDigit) ?? false)
            && name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    // MARK: Colours

    private static let colors = [
        "#FF4500", "#0066CC", "#00AA00", "#9933CC", "#CC9900", "#008B8B", "#CC3366", "#6B8E23", "#8B4513", "#4B0082",
    ]

    private func color(_ arguments: Arguments, _ settings: BrowserSettings) throws(BrowserFault) -> String {
        guard let text = try arguments.text("color") else {
            let used = Set(settings.profiles.values.map(\.color))
            return Self.colors.first { !used.contains($0) } ?? BrowserSettings.Profile.defaultColor
        }
        let digits = text.drop { $0 == "#" }.uppercased()
        guard digits.utf8.count == 6, digits.allSatisfy(\.isHexDigit) else {
            throw BrowserFault(400, "color must be six hexadecimal digits, such as #0066CC")
        }
        return "#\(digits)"
    }

    // MARK: Addresses and ports

    private static func check(_ address: String, _ settings: BrowserSettings) throws(BrowserFault) {
        do throws(DevToolsError) {
            _ = try DevToolsAddress(address)
        } catch {
            throw BrowserFault(400, "cdpUrl: \(error)")
        }
        if let other = settings.profiles.sorted(by: { $0.key < $1.key }).first(where: { $0.value.address == address }) {
            throw BrowserFault(409, "cdpUrl is that of profile \"\(other.key)\" already")
        }
    }

    /// The port that is asked for: none, a certain one, or with `auto` the first that is free. Throws `BrowserFault`.
    private func port(_ arguments: Arguments, _ settings: BrowserSettings) throws(BrowserFault) -> UInt16? {
        var owners: [UInt16: String] = [:]
        for (owner, profile) in settings.profiles { if let port = profile.port { owners[port] = owner } }
        if arguments["cdpPort"]?.string == "auto" {
            let free = settings.devToolsPorts?.first { owners[$0] == nil && DevToolsPort.isFree($0) }
            guard let free else { throw BrowserFault(507, "no available CDP ports in range") }
            return free
        }
        guard let number = try arguments.number("cdpPort", in: 1024...65_535) else { return nil }
        let port = UInt16(number)
        guard settings.devToolsPorts?.contains(port) ?? false || settings.listedPorts.contains(port) else {
            throw BrowserFault(
                400,
                "cdpPort \(port) is none of this instance's DevTools ports; list it in \"cdpPorts\" of the profile file on "
                    + "the host first")
        }
        if let owner = owners[port] { throw BrowserFault(409, "cdpPort \(port) is that of profile \"\(owner)\"") }
        return port
    }
}
