import DevTools

extension BrowserSettings {
    /// Where the user data of the browser profile `name` is.
    func userData(of name: String) -> String { ProfileDirectory(of: name, in: stateDirectory).path(.userData) }

    /// Whether a browser is run without a window: there is none where there is no display.
    var runsHeadless: Bool {
        isHeadless || (environment["DISPLAY"] ?? "").isEmpty && (environment["WAYLAND_DISPLAY"] ?? "").isEmpty
    }

    /// What `program` is started with for the browser profile `name`.
    func launch(_ program: ChromiumProgram, for name: String, _ profile: Profile) -> BrowserProgram {
        var arguments = [
            "--user-data-dir=\(userData(of: name))", "--no-first-run", "--no-default-browser-check", "--disable-sync",
            "--disable-background-networking", "--disable-component-update",
            "--disable-features=Translate,MediaRouter", "--disable-session-crashed-bubble",
            "--hide-crash-restore-bubble", "--password-store=basic", "--disable-dev-shm-usage", "--disable-breakpad",
        ]
        if let port = profile.port { arguments.append("--remote-debugging-port=\(port)") }
        if runsHeadless {
            arguments.append("--disable-gpu")
            if !program.isHeadlessOnly { arguments.append("--headless=new") }
        }
        if hasNoSandbox { arguments += ["--no-sandbox", "--disable-setuid-sandbox"] }
        arguments.append("about:blank")
        return BrowserProgram(executable: program.path, arguments: arguments, environment: environment)
    }
}
