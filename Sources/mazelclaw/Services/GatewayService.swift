import Configuration
import Gateway
import GatewayProtocol
import Glibc
import Linux
import Policy
import Profiles
import SystemPackage

/// The systemd service of one profile's gateway: puts it there, takes it away, starts and stops it.
///
/// The unit is ours and is written as a whole; what an administrator changes is in drop-ins, which nothing here touches.
struct GatewayService {
    let profile: ProfileName
    let store: ProfileStore
    private let directories: HostDirectories
    private let environment: [String: String]
    /// Whose manager was asked for; nil for that of whoever asks.
    private let chosen: ServiceUnit.Scope?

    /// The name of the service's unit, with `.service`.
    private var unit: String { "\(ServiceUnit.name(of: profile)).service" }
    /// The name of the socket's unit, with `.socket`.
    private var socket: String { SocketUnit.fileName(of: profile) }
    private var background: BackgroundGateway {
        BackgroundGateway(profile: profile, directories: directories, environment: environment)
    }

    /// The service of the profile that `context` is about.
    ///
    /// Throws `ServiceError` for an instance that no unit can describe.
    init(_ context: Context, scope: ServiceUnit.Scope?) throws(ServiceError) {
        guard !context.instance.isSandboxed else {
            throw ServiceError("services are the host's: give this command outside of the sandbox")
        }
        guard let store = context.store, let directories = context.lockDirectories else {
            throw ServiceError(
                "MAZELCLAW_STATE_DIR describes an instance that is no profile of this host; name a profile with --profile"
            )
        }
        profile = context.instance.name
        self.store = store
        self.directories = directories
        environment = Context.environment()
        chosen = scope
    }

    // MARK: Install

    /// Writes the unit, has systemd read it, enables it and starts it.
    ///
    /// `hasSocket` says whether systemd is to listen for it; nil leaves that as it is. `makeProfile` gives the host's
    /// description of the profile: the unit names the profile alone. A new one is to be as its argument has it.
    func install(
        hasSocket: Bool?, isForced: Bool, starts: Bool, _ makeProfile: ((inout Profile) -> Void) throws -> Profile
    ) throws {
        let scope = chosen ?? (geteuid() == 0 ? .system : .user)
        guard scope == .user || geteuid() == 0 else {
            throw ServiceError(
                "only root can install a service for the host: give the command as root, or leave --system out for a service "
                    + "of your own")
        }
        let systemctl = try Systemctl(scope, environment: environment, profile: profile)
        let place = place(scope)
        try requireOnlyScope(scope)
        let described = try makeProfile { made in
            // As the launcher has it: nobody's home says where files of a user ID of the profile's own are.
            if geteuid() == 0 { made.stateDirectory = directories.instances / profile.text }
        }
        let listens = try hasSocket ?? (read(place.file(socket)) != nil)
        let text = ServiceUnit(
            of: described, scope: scope, launcher: try launcher(), environment: variables, hasSocket: listens,
            version: Version.current
        ).text
        let socketText = SocketUnit(of: described, version: Version.current).text
        try requireOurs([place.file(unit)] + (listens ? [place.file(socket)] : []), isForced: isForced)
        if !listens { try removeSocket(place, systemctl) }
        let isChanged = try put(text, at: place.file(unit))
        if listens { _ = try put(socketText, at: place.file(socket)) }
        try tellOfDropIns(place)
        try systemctl.require("daemon-reload")
        try systemctl.require("enable", unit)
        if listens { try systemctl.require("enable", socket) }
        tellOfLinger(scope)
        guard starts else { return }
        // systemd takes no port for a service that has it itself.
        if listens, try systemctl.isActive(unit), try !systemctl.isActive(socket) {
            try systemctl.require("stop", unit)
        }
        try start(systemctl, isChanged: isChanged)
    }

    /// Throws for a file of somebody else's.
    private func requireOurs(_ files: [AbsolutePath], isForced: Bool) throws(ServiceError) {
        for file in files where !isForced {
            guard try read(file)?.hasPrefix(ServiceUnit.mark) ?? true else {
                throw ServiceError("\(file) is not from here; move it away, or replace it with --force")
            }
        }
    }

    /// Writes a unit unless it is there already, and says so; returns whether it was another before.
    private func put(_ text: String, at file: AbsolutePath) throws(ServiceError) -> Bool {
        let before = try read(file)
        guard before != text else {
            Output.line("Unit OK: \(file)")
            return false
        }
        try write(text, to: file)
        Output.line("\(before == nil ? "Wrote" : "Updated") \(file)")
        return before != nil
    }

    /// Takes the socket unit away, where there is one of ours.
    private func removeSocket(_ place: UnitPlace, _ systemctl: Systemctl) throws(ServiceError) {
        let file = place.file(socket)
        guard try read(file)?.hasPrefix(ServiceUnit.mark) ?? false else { return }
        try systemctl.require("disable", "--now", socket)
        try remove(file)
    }

    /// One profile, one service: two would take turns at its lock.
    private func requireOnlyScope(_ scope: ServiceUnit.Scope) throws(ServiceError) {
        let others = (places + [callersPlace].compactMap { $0 }).filter { $0.scope != scope }
        let other = others.lazy.compactMap { $0.existing(unit) }.first
        guard let other else { return }
        let theirs = scope == .user ? "the host's" : "a user's"
        throw ServiceError(
            "profile \"\(profile)\" has \(theirs) service already, \(other), and \(place(scope).file(unit)) would be a "
                + "second; remove that first with `\(CommandText.command("gateway uninstall", for: profile))`")
    }

    /// What the administrator's drop-ins say that does nothing or breaks the service.
    private func tellOfDropIns(_ place: UnitPlace) throws(ServiceError) {
        for file in place.dropIns(unit) {
            let findings = UnitCheck.findings(in: try read(file) ?? "", scope: place.scope)
            for finding in findings { Output.error("mazelclaw: \(file): \(finding)") }
        }
    }

    /// A user's services end with the last session unless the user lingers (loginctl(1)).
    private func tellOfLinger(_ scope: ServiceUnit.Scope) {
        let user = Systemctl.userName
        guard scope == .user, (try? FileStatus(of: "/var/lib/systemd/linger/\(user)")) == nil else { return }
        Output.line(
            "It runs while you are logged in. To have it run always, from boot on: sudo loginctl enable-linger \(user)")
    }

    private func start(_ systemctl: Systemctl, isChanged: Bool) throws {
        if try systemctl.isActive(unit) {
            Output.line("\(unit) runs already")
            if isChanged {
                Output.line(
                    "It goes on as it was started; `\(CommandText.command("gateway restart", for: profile))` takes the new "
                        + "unit over")
            }
            return
        }
        if let holder = try holder() {
            throw ServiceError(
                "the service is installed, and not started: profile \"\(profile)\" runs already (\(holder)); stop that, then "
                    + "run `\(CommandText.command("gateway start", for: profile))`")
        }
        try act("start", systemctl)
    }

    // MARK: Uninstall

    /// Stops the service and removes what `install` wrote.
    func uninstall() throws {
        guard let (place, file) = installed() else {
            Output.line("\(unit) is not installed")
            return
        }
        guard file == place.file(unit), try read(file)?.hasPrefix(ServiceUnit.mark) ?? false else {
            throw ServiceError("\(file) is not from here; remove it by hand")
        }
        let systemctl = try manager(of: place, to: "uninstall")
        try removeSocket(place, systemctl)
        try systemctl.require("disable", "--now", unit)
        try remove(file)
        try systemctl.require("daemon-reload")
        // Of a unit that has failed systemd keeps the end in mind.
        _ = try systemctl.run("reset-failed", unit)
        let dropIns = place.dropIns(unit)
        if !dropIns.isEmpty { Output.line("Your drop-ins stay: \(place.file(unit)).d") }
    }

    // MARK: Start and stop

    /// Starts the service, or a gateway in the background where none is installed.
    func start() throws {
        guard let (place, _) = installed() else { return try background.start(launcher: launcher()) }
        try start(try manager(of: place, to: "start"), isChanged: false)
    }

    /// Stops the service, or the gateway in the background.
    func stop() throws {
        guard let (place, _) = installed() else { return try background.stop() }
        let systemctl = try manager(of: place, to: "stop")
        let isBackground = try holder().map { $0.unit != unit } ?? false
        if isBackground, background.isRunning { try background.stop() }
        if try read(place.file(socket)) != nil {
            // Both: the next to connect would have systemd start it again.
            try systemctl.require("stop", socket, unit)
        } else {
            try systemctl.require("stop", unit)
        }
        Output.line("Stopped \(unit)")
    }

    /// Stops it and starts it again.
    func restart() throws {
        guard let (place, _) = installed() else {
            if background.isRunning { try background.stop() }
            return try background.start(launcher: launcher())
        }
        try act("restart", try manager(of: place, to: "restart"))
    }

    /// Whether `restart` would act on a service, or on a gateway in the background, and not on one that somebody started by
    /// hand, which has to be stopped where that was.
    var isManaged: Bool { installed() != nil || background.isRunning }

    /// What systemd says of the installed unit, by property; empty without one, or where its manager cannot be asked.
    var unitState: [(name: String, value: String)] {
        guard let (place, _) = installed(),
            let systemctl = try? Systemctl(place.scope, environment: environment, profile: profile)
        else { return [] }
        return ["ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts", "StatusText"].map {
            ($0, (try? systemctl.property($0, of: unit)) ?? "")
        }
    }

    /// Watches over a gateway in the background; ends this process when that is over.
    func watch() throws {
        guard let lock = try background.claim() else {
            throw ServiceError("profile \"\(profile)\" has a process that watches over it already")
        }
        var watch = try GatewayWatch(
            launcher: launcher(), profile: profile, notifications: background.notifications, environment: environment)
        let code = try watch.run {
            Output.line("ready")
            // Whoever started this waits for the end of what is said, and no longer.
            let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
            dup2(null, STDOUT_FILENO)
            close(null)
        }
        lock.discard()
        exit(code)
    }

    /// Starts or restarts the service, waits until it is ready, and says how it went.
    private func act(_ verb: String, _ systemctl: Systemctl) throws {
        // What the start limit counted was before somebody asked.
        _ = try systemctl.run("reset-failed", unit)
        let end = try systemctl.run(verb, unit)
        guard end.code == 0 else {
            let status = try systemctl.property("StatusText", of: unit)
            let result = try systemctl.property("Result", of: unit)
            let journal = systemctl.scope == .user ? "journalctl --user -u" : "journalctl -u"
            throw ServiceError(
                "\(unit) does not start (\(result)): \(status.isEmpty ? "it said nothing" : status); see `\(journal) "
                    + "\(unit)`")
        }
        Output.line("\(verb == "start" ? "Started" : "Restarted") \(unit)")
    }

    /// The manager of an installed unit.
    private func manager(of place: UnitPlace, to verb: String) throws(ServiceError) -> Systemctl {
        guard place.scope == .user || geteuid() == 0 else {
            throw ServiceError(
                "\(place.existing(unit) ?? place.file(unit)) is the host's unit: run `\(CommandText.command("gateway \(verb)", for: profile))` as "
                    + "root")
        }
        return try Systemctl(place.scope, environment: environment, profile: profile)
    }

    /// The process that runs the profile now; nil when none does.
    private func holder() throws(ProfileError) -> InstanceHolder? {
        try InstanceLock.holder(of: profile, in: directories)
    }

    // MARK: Files

    /// Where the unit may stand: the host's place, and that of whoever gave the command.
    private var places: [UnitPlace] { [place(.user), .system] }

    private func place(_ scope: ServiceUnit.Scope) -> UnitPlace {
        scope == .system ? .system : .user(configuration: configuration)
    }

    /// Where the user's own manager looks for the user's units. It does not know what a shell has set $XDG_CONFIG_HOME to.
    private var configuration: AbsolutePath {
        (environment["HOME"].flatMap(AbsolutePath.init) ?? .root) / ".config"
    }

    /// The place for the units of the user who became root to give this command (sudo(8)).
    private var callersPlace: UnitPlace? {
        guard geteuid() == 0, let userID = environment["SUDO_UID"].flatMap(UInt32.init), userID != 0 else { return nil }
        let home = (try? UserDatabase.user(id: userID))?.home
        return home.flatMap(AbsolutePath.init).map { .user(configuration: $0 / ".config") }
    }

    /// Whose manager has the profile's service; nil when none has.
    var installedScope: ServiceUnit.Scope? { installed()?.place.scope }

    /// Throws `ServiceError` with what to do when no service of the user's own can be installed.
    func requireManager() throws(ServiceError) {
        _ = try Systemctl(.user, environment: environment, profile: profile)
    }

    private func installed() -> (place: UnitPlace, file: AbsolutePath)? {
        places.lazy.compactMap { place in place.existing(unit).map { (place, $0) } }.first
    }

    /// What leads the launcher to the same profile, where it is not at its usual place.
    private var variables: [EnvironmentVariable] {
        ServiceUnit.variables.compactMap { name in
            environment[name].flatMap { EnvironmentVariable(name: name, value: $0) }
        }
    }

    /// The launcher beside this program.
    func launcher() throws(ServiceError) -> AbsolutePath {
        do {
            guard let own = AbsolutePath(try FileSystem.readSymbolicLink("/proc/self/exe")) else {
                throw ServiceError("this program's own path is not absolute")
            }
            let launcher = own.parent / "mazelclaw-run"
            try FileSystem.checkAccess(launcher.text, X_OK)
            return launcher
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError("there is no mazelclaw-run beside this program that can be executed: \(error)")
        }
    }

    private func read(_ file: AbsolutePath) throws(ServiceError) -> String? {
        do {
            return String(decoding: try FileSystem.read(file.text, limit: 1 << 20), as: UTF8.self)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw ServiceError("cannot read \(file): \(error)")
        }
    }

    private func remove(_ file: AbsolutePath) throws(ServiceError) {
        do {
            try FileSystem.unlink(file.text)
        } catch {
            throw ServiceError("cannot remove \(file): \(error)")
        }
        Output.line("Removed \(file)")
    }

    private func write(_ text: String, to file: AbsolutePath) throws(ServiceError) {
        do {
            try FileSystem.makeDirectories(file.parent.text, mode: 0o755)
            try FileSystem.replace(file.text, with: Array(text.utf8), mode: 0o644)
        } catch {
            throw ServiceError("cannot write \(file): \(error)")
        }
    }
}
