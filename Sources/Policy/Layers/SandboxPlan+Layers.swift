#if DEBUG || BENCHMARK
    extension SandboxPlan {
        /// This plan without `layer`, and with nothing else changed.
        ///
        /// `environment` is the launcher's own. A plan that loses its broker must have been made with a seccomp program
        /// that hands over no calls.
        public func leavingOut(_ layer: Layer, environment: [EnvironmentVariable]) -> SandboxPlan {
            var plan = self
            if layer == .seccomp || layer == .broker { plan.portRules = nil }
            let places = placesOfTheHost
            plan.steps = steps.filter { !layer.owns($0) }.map { $0.without(layer, environment, places) }
            return plan
        }

        /// This plan without the acts that would show a layer's absence.
        public func leavingOutProofs() -> SandboxPlan {
            var plan = self
            plan.steps = steps.map { if case .prove = $0 { .prove([]) } else { $0 } }
            return plan
        }

        /// The paths that are there whether a root of the sandbox's own is built or not.
        private var placesOfTheHost: [AbsolutePath] {
            [.root, .root / "etc"]
                + steps.compactMap { step in
                    switch step {
                    case .bind(let bind): bind.source == bind.destination ? bind.destination : nil
                    case .mountView(let view): view.source == view.destination ? view.destination : nil
                    case .mountFileSystem(let mount): mount.destination
                    default: nil
                    }
                }
        }
    }

    extension Step {
        fileprivate func without(
            _ layer: Layer, _ environment: [EnvironmentVariable], _ places: [AbsolutePath]
        ) -> Step {
            switch self {
            case .enterNamespaces(let namespaces): return .enterNamespaces(namespaces.filter { $0 != layer.namespace })
            case .bind(var bind):
                bind.restrictions.subtract(layer.restrictions)
                return .bind(bind)
            case .mountView(let view) where layer == .ownInodes:
                return .bind(
                    Bind(
                        source: view.source, destination: view.destination, restrictions: view.restrictions,
                        expectation: .anything))
            case .mountView(var view):
                view.restrictions.subtract(layer.restrictions)
                return .mountView(view)
            case .mountFileSystem(var mount):
                mount.restrictions.subtract(layer.restrictions)
                return .mountFileSystem(mount)
            case .mountOverlay(var overlay):
                overlay.restrictions.subtract(layer.restrictions)
                return .mountOverlay(overlay)
            case .applyLandlock(var rules):
                rules.remove(layer, places)
                return .applyLandlock(rules)
            case .execute(var command) where layer == .environment:
                let names = command.environment.map(\.name)
                command.environment += environment.filter { !names.contains($0.name) }
                return .execute(command)
            default: return self
            }
        }
    }

    extension Layer {
        fileprivate var restrictions: MountRestrictions {
            switch self {
            case .readOnlyMounts: .readOnly
            case .mountFlags: [.noSetUserID, .noDevices, .noExecution]
            default: []
            }
        }
    }

    extension LandlockRules {
        fileprivate mutating func remove(_ layer: Layer, _ places: [AbsolutePath]) {
            switch layer {
            case .landlockFiles:
                // What the kernel handles depends on the ABI alone; for 0 it is no file at all.
                abi = 0
                files = []
            case .landlockPorts:
                bindPorts = nil
                connectPorts = nil
            case .landlockScopes: scopes = []
            case .mountNamespace: files.removeAll { !places.contains($0.path) }
            default: return
            }
        }
    }
#endif
