import Synchronization

extension Mutex where Value: Sendable {
    /// Changes the value only if `body` does not throw, so that what is in memory is what `body` got onto the disk.
    func commit<Result: Sendable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withLock { (value) throws(Failure) in
            var copy = value
            let result = try body(&copy)
            value = copy
            return result
        }
    }
}
