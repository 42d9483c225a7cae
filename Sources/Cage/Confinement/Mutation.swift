import Linux
import Policy
import SystemPackage

/// What a debug build leaves out of a cage, for the tests that must notice.
///
/// A file beside the helper's says it, `mazelclaw-tool.without`: the name of a layer, `proofs`, or both. Whoever can write there
/// can replace the helper. A release build knows nothing of this.
struct Mutation {
    #if DEBUG
        private let layer: CageLayer?
        let keepsProofs: Bool

        init(helper: AbsolutePath) throws(CageError) {
            let text = (try? FileSystem.read("\(helper).without", limit: 4096)) ?? []
            var words = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }.map(String.init)
            keepsProofs = !words.contains("proofs")
            words.removeAll { $0 == "proofs" }
            layer = words.first.flatMap(CageLayer.init(rawValue:))
            guard words.count <= 1, words.isEmpty == (layer == nil) else {
                let known = CageLayer.allCases.map(\.rawValue).joined(separator: ", ")
                throw CageError(.usage, "\(helper).without: expected one of \(known)")
            }
        }

        /// Whether the layer is there.
        func keeps(_ layer: CageLayer) -> Bool { self.layer != layer }
    #else
        enum Kept {
            case noNewPrivileges, capabilities, landlockFiles, landlockPorts, landlockScopes, seccomp, limits,
                environment
            case descriptors, session, tree, dieWithGateway, keepOut
        }

        var keepsProofs: Bool { true }

        init(helper: AbsolutePath) throws(CageError) {}

        @inline(__always)
        func keeps(_ layer: Kept) -> Bool { true }
    #endif
}
