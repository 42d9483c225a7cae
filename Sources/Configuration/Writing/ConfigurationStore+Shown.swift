package import JSON

/// Changes by clients, who were shown the configuration without its secrets.
extension ConfigurationStore {
    /// Replaces the whole text by `text`; a secret hidden in it stays what it is. Throws `ConfigurationChangeError`.
    package func replace(
        withShown text: [UInt8], base: ConfigurationBase
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        let document: JSON5Document
        do { document = try JSON5Document(parsing: text, limits: ConfigurationReader.limits) } catch {
            throw .text("\(error) at \(JSONPosition(offset: error.offset, in: text))")
        }
        return try update(base: base) { (old) throws(ConfigurationChangeError) in
            let value = try revealed(document.value, from: old)
            let text = value.isSame(as: document.value) ? text : document.text(for: value)
            try requireSecrets(of: document.value, in: text, old)
            return text
        }
    }

    /// Makes the file say what it says after the merge patch `patch` (RFC 7396), of which a hidden secret changes
    /// nothing. Throws `ConfigurationChangeError`.
    package func patch(
        _ patch: JSON, base: ConfigurationBase
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        try update(base: base) { (old) throws(ConfigurationChangeError) in
            guard old.isUsable else { throw .broken(old.faults) }
            let merged = (old.document?.value ?? [:]).mergePatched(by: patch)
            let text = try text(saying: revealed(merged, from: old), in: old)
            try requireSecrets(of: merged, in: text, old)
            return text
        }
    }

    /// `shown` with the secrets of `old`. One that an included file says is left to that file. Throws
    /// `ConfigurationChangeError.invalid` for what stands for no secret.
    private func revealed(_ shown: JSON, from old: ConfigurationSnapshot) throws(ConfigurationChangeError) -> JSON {
        let (json, missing) = ConfigurationSchema.root.revealed(
            shown, from: old.document?.value ?? [:], knowing: KnownSecrets(old))
        try refuse(
            missing.filter { old.resolved?.descendant($0) == nil },
            "what is shown in place of a secret stands where none is known")
        return missing.reversed().reduce(json) { $0.removing($1) }
    }

    /// Makes sure that no secret of `old` that is hidden in `shown` gets lost when `text` takes over. Throws
    /// `ConfigurationChangeError.invalid`.
    private func requireSecrets(
        of shown: JSON, in text: [UInt8], _ old: ConfigurationSnapshot
    ) throws(ConfigurationChangeError) {
        let (_, missing) = ConfigurationSchema.root.revealed(
            shown, from: old.document?.value ?? [:], knowing: KnownSecrets(old))
        guard !missing.isEmpty else { return }
        let new = reader.snapshot(of: path, text: text)
        try refuse(
            missing.filter { new.resolved?.descendant($0) != old.resolved?.descendant($0) },
            "the secret stands in an included file, which would no longer be read")
    }

    private func refuse(
        _ places: [[JSON.PathComponent]], _ message: String
    ) throws(ConfigurationChangeError) {
        guard !places.isEmpty else { return }
        throw .invalid(
            places.map {
                ConfigurationFault(
                    file: path, path: ConfigurationPath.text($0), message: message, advice: "write the secret itself",
                    kind: .value)
            })
    }
}

extension ConfigurationSnapshot {
    /// Whether it can be used where the variables are that this process lacks.
    var isUsable: Bool { faults.allSatisfy { $0.kind == .variable } }

    /// Its text without secrets; nil when there is none, or when it cannot be read: in a text that cannot be read nobody can
    /// tell what is secret.
    public var shownText: String? {
        let secrets = KnownSecrets(self)
        return document.map { document in
            let written = ConfigurationSchema.root.redacted(document.value, knowing: secrets, keepsReferences: true)
            // Comments, names and sentences may hold them too.
            return Redactor(secrets).withoutKnown(String(decoding: document.text(for: written), as: UTF8.self))
        }
    }
}
