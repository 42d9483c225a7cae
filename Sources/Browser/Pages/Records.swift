import JSON

/// The latest of what a page did, oldest first.
struct Records: Sendable {
    private(set) var all: [JSONObject] = []
    /// How many are kept. The oldest go first.
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Adds one more.
    mutating func add(_ record: JSONObject) {
        all.append(record)
        if all.count > limit { all.removeFirst(all.count - limit) }
    }

    /// Changes the latest that `matches`.
    mutating func change(_ matches: (JSONObject) -> Bool, _ change: (inout JSONObject) -> Void) {
        guard let index = all.lastIndex(where: matches) else { return }
        change(&all[index])
    }

    /// Forgets them.
    mutating func clear() { all = [] }

    /// As they are told.
    var json: JSON { .array(all.map(JSON.object)) }
}
