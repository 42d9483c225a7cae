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
            plan.steps = steps.filter { !$0.layers.contains(layer) }.map { $0.without(layer, environment, places) }
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
                + steps.lazy.compactMap(\.mount).compactMap { mount in
                    switch mount {
                    case .bind(let bind): bind.source == bind.destination ? bind.destination : nil
                    case .view(let view): view.source == view.destination ? view.destination : nil
                    case .fileSystem(let mount): mount.destination
                    case .overlay: nil
                    }
                }
        }
    }

    extension Step {
        fileprivate func without(
            _ layer: Layer, _ environment: [EnvironmentVariable], _ places: [AbsolutePath]
        ) -> Step {
            if var mount {
                if layer == .ownInodes, case .view(let view) = mount {
                    return .bind(
                        TreeMount(
                            source: view.source, destination: view.destination, restrictions: view.restrictions,
                            expectation: .anything))
                }
                if layer == .siblingPart, case .bind(let bind) = mount, case .entry(let tree, _, _) = bind.expectation {
                    return .bind(
                        TreeMount(
                            source: tree, destination: tree, restrictions: bind.restrictions, expectation: .anything))
                }
                mount.restrictions.subtract(layer.restrictions)
                return mount.step
            }
            switch self {
            case .enterNamespaces(let namespaces): return .enterNamespaces(namespaces.filter { $0 != layer.namespace })
            case .applyLandlock(var rules):
                rules.remove(layer, places)
                return .applyLandlock(rules)
            case .execute(var command) where layer == .environment:
                let names = command.environment.map(\.name)
                command.environment += environment.filter { !names.contains($0.name) }
                return .execute(command)
            // Any other is left out whole, or stays: `layers` says which.
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
