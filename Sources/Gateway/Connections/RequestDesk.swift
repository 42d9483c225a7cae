/// What the requests of all connections share: the methods, how much may wait, and how they were answered.
struct RequestDesk: Sendable {
    let methods: MethodTable
    /// The requests that wait, in bytes.
    let waitingBytes: Allowance
    /// How they were answered, by method.
    let tally: Tally
    /// How often a limit was reached, and what became of what was over it.
    let limits: Tally
}
