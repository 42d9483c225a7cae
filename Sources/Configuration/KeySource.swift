import JSON

/// Where the key of a model service comes from. Holds no key.
package enum KeySource: Equatable, Sendable {
    /// There is none, and the service is asked without.
    case none
    /// It stands in the configuration file itself.
    case file
    /// It stands in a file that the configuration includes.
    case included
    /// It is in a file, at this path; in the file of a provider when one is named.
    case keyFile(String)
    /// It is taken from these variables, of which `missing` are not set here.
    case variables([String], missing: [String])

    /// Where the key of the service `id` of `models.providers` comes from, as `snapshot` says it.
    package init(ofService id: String, in snapshot: ConfigurationSnapshot) {
        let path: [JSON.PathComponent] = [.name("models"), .name("providers"), .name(id), .name("apiKey")]
        guard let resolved = snapshot.resolved?.descendant(path) else {
            self = .none
            return
        }
        if let reference = KeyReference(resolved) {
            let provider = reference.provider.flatMap { snapshot.resolved?["secrets"]?["providers"]?[$0] }
            switch reference.source {
            case .environment: self = .variables([reference.id], missing: [])
            case .file: self = .keyFile(provider?["path"]?.string ?? reference.id)
            case .exec: self = .none
            }
            return
        }
        guard let written = snapshot.document?.value.descendant(path) else {
            self = .included
            return
        }
        let variables = Variables.names(in: written.string ?? "")
        // Those that are missing are left as they were written.
        let left = Variables.names(in: resolved.string ?? "")
        self = variables.isEmpty ? .file : .variables(variables, missing: variables.filter(left.contains))
    }
}
