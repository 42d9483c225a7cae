import Configuration
import Files
import GatewayProtocol
import JSON
import Policy
import Text
import Time

/// Browser control at a node that offers `browser.proxy`, in place of this host's, as `gateway.nodes.browser` has it.
struct BrowserProxy: Sendable {
    let registry: NodeRegistry
    let caller: NodeCaller
    let configuration: Current<GatewayConfiguration>

    private static let command = "browser.proxy"

    /// The node whose browser is used; nil when this host's is. Throws `ProtocolError` when one is named that is not connected.
    func node() throws(ProtocolError) -> NodeSession? {
        let section = configuration.value.content.gateway.nodes.browser
        let mode = section.mode ?? .auto
        guard mode != .off else { return nil }
        let nodes = registry.sessions.filter {
            $0.params.commands.contains(Self.command) || $0.params.capabilities.contains("browser")
        }
        let wanted = section.node?.trimmed ?? ""
        if !wanted.isEmpty {
            guard let node = Self.node(wanted, among: nodes) else {
                throw ProtocolError(.unavailable, "Configured browser node not connected: \(wanted)")
            }
            return node
        }
        // Where it could be more than one, nobody said which.
        return mode == .auto && nodes.count == 1 ? nodes.first : nil
    }

    /// The node that `text` means: by its id or its name, or by the beginning of its id where that is one node's alone.
    private static func node(_ text: String, among nodes: [NodeSession]) -> NodeSession? {
        if let node = nodes.first(where: { $0.id == text }) { return node }
        let called = nodes.filter { $0.params.client.displayName?.trimmed.lowercased() == text.lowercased() }
        if called.count == 1 { return called[0] }
        let begun = text.utf8.count >= 6 ? nodes.filter { $0.id.hasPrefix(text) } : []
        return begun.count == 1 ? begun[0] : nil
    }

    /// Has `node` answer a request to its routes for `client`. Files that come with the answer are kept among this instance's
    /// media. Throws `ProtocolError`.
    func answer(
        _ request: JSONObject, at node: NodeSession, within time: TimeSpan, for client: Client
    ) async throws -> JSON {
        var request = request
        request["timeoutMs"] = time.json
        request["profile"] = request["query"]?["profile"]
        let (payload, _) = try await caller.invoke(
            Self.command, at: node.id, params: .object(request), timeout: time, idempotencyKey: UUIDText.random(),
            for: client)
        guard let payload, var result = payload["result"] else {
            throw ProtocolError(.unavailable, "browser proxy failed")
        }
        for file in payload["files"]?.array ?? [] {
            guard let path = file["path"]?.string, let bytes = file["base64"]?.string.flatMap(Base64URL.bytes) else {
                continue
            }
            result = Self.replacing(path, by: try keep(bytes, like: path), in: result)
        }
        return result
    }

    /// Keeps a file of the node's, with an ending like `path`'s and a name of our own. Returns where it is.
    private func keep(_ bytes: [UInt8], like path: String) throws(ProtocolError) -> String {
        let state = configuration.value.instance.state
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        let isPlain =
            (1...8).contains(ending.utf8.count) && ending.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        let directory = state.path / "media" / "browser"
        let place = directory / "\(UUIDText.random()).\(isPlain ? ending : "bin")"
        do throws(StorageError) {
            try state.makeDirectory(directory)
            try state.write(bytes, to: place)
        } catch {
            throw ProtocolError(.unavailable, "a file of the node's browser cannot be kept: \(error)")
        }
        return place.text
    }

    /// `result` with `new` wherever a route says that a file is at `old`.
    private static func replacing(_ old: String, by new: String, in result: JSON) -> JSON {
        guard case .object(var object) = result else { return result }
        for name in ["path", "imagePath"] where object[name]?.string == old { object[name] = .string(new) }
        if case .object(var download)? = object["download"], download["path"]?.string == old {
            download["path"] = .string(new)
            object["download"] = .object(download)
        }
        return .object(object)
    }
}
