import JSON

/// The content of a request under `/v1` and `/tools`, and of a hook: a JSON object.
///
/// These interfaces are not ours to describe: their clients send members that nothing here knows, write null for what they
/// leave out, and are told one fault, in a sentence. A `Schema` would refuse such members, and tell every fault in the words of
/// the gateway's own protocol. So each member that counts is read here, and the others are passed over.
enum APIBody {
    /// Throws `APIError`.
    static func object(_ body: [UInt8]) throws(APIError) -> JSON {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: body, limits: JSON.Limits(length: .max))
        } catch {
            throw .invalid("the content is no JSON: \(error)")
        }
        guard json.object != nil else { throw .invalid("the content must be a JSON object, not \(json.kind)") }
        return json
    }

    /// The string `name`; nil when it is not there or null. Throws `APIError` when it is something else.
    static func string(_ json: JSON, _ name: String) throws(APIError) -> String? {
        switch json[name] {
        case nil, .null: return nil
        case .string(let text): return text
        case let other?: throw .invalid("`\(name)` must be a string, not \(other.kind)")
        }
    }

    /// The same for a boolean.
    static func bool(_ json: JSON, _ name: String) throws(APIError) -> Bool? {
        switch json[name] {
        case nil, .null: return nil
        case .bool(let value): return value
        case let other?: throw .invalid("`\(name)` must be true or false, not \(other.kind)")
        }
    }
}
