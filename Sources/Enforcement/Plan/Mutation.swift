#if DEBUG || BENCHMARK
    import Linux
    import Policy
    import SystemPackage

    /// What a debug build leaves out of every plan, for the tests that must notice, and the benchmark's build, to see what
    /// a start costs without its proof.
    ///
    /// A file beside the launcher's says it, `mazelclaw-run.without`: the name of a layer, `proofs`, or both. Whoever
    /// can write there can replace the launcher. A release build knows nothing of this.
    struct Mutation {
        let layer: Layer?
        let leavesOutProofs: Bool

        /// Nil when there is no such file.
        init?(launcher: AbsolutePath) throws(LaunchError) {
            let file = launcher.parent / "\(launcher.lastComponent).without"
            let text: [UInt8]
            do {
                text = try FileSystem.read(file.text, limit: 4096)
            } catch {
                guard error == .noSuchFileOrDirectory else {
                    throw .system(action: "read", path: file.text, errno: error)
                }
                return nil
            }
            var words = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }.map(String.init)
            leavesOutProofs = words.contains("proofs")
            words.removeAll { $0 == "proofs" }
            layer = words.first.flatMap(Layer.init(rawValue:))
            guard words.count <= 1, words.isEmpty == (layer == nil) else {
                throw .usage("\(file): expected one of \(Layer.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }

        /// Whether a plan still has calls to hand over.
        var keepsBroker: Bool { layer != .broker && layer != .seccomp }

        func mutate(_ plan: SandboxPlan, environment: [EnvironmentVariable]) -> SandboxPlan {
            var mutated = layer.map { plan.leavingOut($0, environment: environment) } ?? plan
            if leavesOutProofs { mutated = mutated.leavingOutProofs() }
            return mutated
        }
    }
#endif
