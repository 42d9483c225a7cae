package import JSON

extension MovedKey {
    /// What became of a configuration in which moved keys were put where they belong.
    package struct Renaming {
        /// The configuration with the moved keys in their new places.
        package var json: JSON
        /// The keys that were moved: from where to where.
        package var moved: [(old: String, new: String)] = []
        /// Those that stay, since something stands at the new place already, which counts.
        package var overridden: [(old: String, new: String)] = []
    }

    /// Puts each key of `json` that has another place now there, where that is free.
    package static func renaming(_ json: JSON) -> Renaming {
        var renaming = Renaming(json: json)
        for key in all {
            guard let destination = key.destination else { continue }
            let old = key.path.split(separator: ".").map { JSON.PathComponent.name(String($0)) }
            // An agent of old is an object, or nothing of ours.
            guard let value = renaming.json.descendant(old), key.path != "agent" || value.object != nil else {
                continue
            }
            let names = (key.path, destination.joined(separator: "."))
            guard renaming.json.descendant(destination.map { .name($0) }) == nil else {
                renaming.overridden.append(names)
                continue
            }
            renaming.json = renaming.json.removing(old).putting(value, at: destination[...])
            renaming.moved.append(names)
        }
        // The model of old was a text alone.
        let model = ["agents", "defaults", "model"]
        if let text = renaming.json.descendant(model.map { .name($0) })?.string {
            renaming.json = renaming.json.putting(["primary": .string(text)], at: model[...])
        }
        return renaming
    }
}

extension JSON {
    /// This value without what stands at `path`.
    package func removing(_ path: some Collection<PathComponent>) -> JSON {
        guard let component = path.first else { return self }
        let rest = path.dropFirst()
        switch (self, component) {
        case (.object(var object), .name(let name)):
            guard let child = object[name] else { return self }
            object[name] = rest.isEmpty ? nil : child.removing(rest)
            return .object(object)
        case (.array(var array), .index(let index)):
            guard array.indices.contains(index) else { return self }
            if rest.isEmpty { array.remove(at: index) } else { array[index] = array[index].removing(rest) }
            return .array(array)
        default: return self
        }
    }

    /// This value with `value` below the names `path`.
    func putting(_ value: JSON, at path: ArraySlice<String>) -> JSON {
        guard let name = path.first else { return value }
        var object = object ?? JSONObject()
        object[name] = (object[name] ?? [:]).putting(value, at: path.dropFirst())
        return .object(object)
    }
}
