import Time

/// Something that is to be said through a messaging service, and is not said yet.
struct Delivery: Sendable, Equatable {
    /// Its place in the order.
    var id: Int64
    var route: DeliveryRoute
    /// The run whose answer it is; nil where there is none.
    var runID: String?
    /// What is left of it to say.
    var text: String
    var createdAt: Timestamp

    /// How long anything is worth to be said: what waited longer is not.
    static let lifetime = TimeSpan(24, .hours)
}
