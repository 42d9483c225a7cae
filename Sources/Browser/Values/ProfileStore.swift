/// Keeps browser profiles where an instance's configuration is. Whoever makes browser control decides where that is.
package protocol ProfileStore: Sendable {
    /// Enters the browser profile `name`. Throws `BrowserFault` when it cannot be written: 409 where there is one of this name.
    func add(_ name: String, _ profile: BrowserSettings.Profile) async throws(BrowserFault)

    /// Takes out the browser profile `name`. Throws `BrowserFault` when it cannot be written: 404 where there is none.
    func remove(_ name: String) async throws(BrowserFault)
}
