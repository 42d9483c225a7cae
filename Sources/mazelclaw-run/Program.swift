import Enforcement
import Glibc
import JSON
import Linux
import Policy
import Profiles
import SystemPackage

/// Does what the command line says; returns the exit code.
struct Program {
    let arguments: Arguments
    private(set) var output: Output
    /// What the service manager told this process.
    let serviceManager: ServiceManager
    /// Where it wants to be told of a start.
    let notifications: NotificationSocket?
    let environment = Program.ownEnvironment

    /// The whole program.
    static func main() -> Never {
        do throws(Errno) { try Signals.handleFaults(Self.endByFault) } catch { refuseToPrepare(error) }
        do throws(Arguments.Fault) {
            let arguments = try Arguments(OwnProcess.arguments.dropFirst().map { ByteString(bytes: $0) })
            let manager = try ServiceManager(for: arguments)
            try tidyDescriptors(arguments, manager)
            exit(try Program(arguments, manager).run())
        } catch {
            refuse("\(error.message); see mazelclaw-run --help", .usage)
        }
    }

    private static func refuseToPrepare(_ errno: Errno) -> Never {
        refuse("cannot prepare this process: \(errno.name) (\(errno)); run mazelclaw-run doctor", .isolation)
    }

    private static func refuse(_ sentence: String, _ code: ExitCode) -> Never {
        Output(status: nil).say(sentence)
        ServiceManager.tell(sentence)
        exit(code.rawValue)
    }

    /// What Swift's runtime and the C libraries do without memory is to fault or abort. An end by signal would look like the
    /// payload's.
    private static let endByFault: @convention(c) (Int32) -> Void = { _ in
        let sentence: StaticString =
            "mazelclaw-run: out of memory, or a fault of the launcher's own; free memory or raise the limits\n"
        _ = write(FileDescriptor.standardError.rawValue, sentence.utf8Start, sentence.utf8CodeUnitCount)
        _exit(ExitCode.isolation.rawValue)
    }

    private init(_ arguments: Arguments, _ manager: ServiceManager) throws(Arguments.Fault) {
        self.arguments = arguments
        output = Output(status: arguments.statusDescriptor.map(FileDescriptor.init(rawValue:)))
        serviceManager = manager
        notifications = arguments.action == .start ? try manager.connect() : nil
    }

    /// Closes what neither the command line nor a service manager has named.
    private static func tidyDescriptors(_ arguments: Arguments, _ manager: ServiceManager) throws(Arguments.Fault) {
        let passed = manager.passed.map { Array($0.numbers) } ?? []
        let status = arguments.statusDescriptor.map { [$0] } ?? []
        do throws(Errno) {
            try OwnProcess.tidyDescriptors(keeping: (passed + status).sorted())
        } catch {
            guard error == .badFileDescriptor else { refuseToPrepare(error) }
            throw Arguments.Fault(
                message: "--status-fd: \(error.name) (\(error)); give the number of an open file descriptor")
        }
    }

    private func run() -> Int32 {
        do {
            switch arguments.action {
            case .help: output.print(Help.text)
            case .manual: output.print(Help.manual)
            case .version: output.print("mazelclaw-run \(Help.version) (libseccomp \(FilterCompiler.libraryVersion))\n")
            case .start: return try start()
            case .explain: try explain()
            case .doctor: return try doctor()
            case .profile: try showProfiles()
            case .ports: return try showPorts()
            case .denials: try showDenials()
            case .verify: return try verify()
            case .matrix: return try runMatrix()
            case .probe: return MatrixProbe.run()
            case .why: return try answerWhy()
            case .unit: return try showUnit()
            case .wrapper: return try writeWrapper()
            case .compile:
                for file in try makeCaller().compileFilters() { output.print("compiled \(file)\n") }
            }
            return 0
        } catch {
            refuse(error.description)
            output.report(error.json)
            return error.exitCode.rawValue
        }
    }

    /// Says why there is no start, to whoever reads and to the service manager.
    private func refuse(_ sentence: String) {
        output.say(sentence)
        notifications?.send(ServiceNotification(.status(sentence)))
    }

    // MARK: Commands

    private func start() throws(LaunchError) -> Int32 {
        try checkStreams()
        let terminal = arguments.options.start.isInteractive ? try CallersTerminal() : nil
        let caller = try makeCaller()
        let launch = try Launch(arguments.options, by: caller, creating: true)
        let profile = launch.profile
        var plan: SandboxPlan
        let siblings: SiblingPlanner
        let checksFirst: Bool
        let claim: InstanceClaim
        let lock: InstanceLock
        let audit: AuditLog
        do {
            (plan, siblings) = try launch.planWithoutSiblings(preparing: true)
            checksFirst = self.checksFirst(plan, launch.isNew)
            if checksFirst { plan.siblings = try siblings.plans() }
            if plan.network.isOwn { try checkNetworkStreams(plan.network) }
            claim = InstanceClaim(of: plan, by: caller)
            // Never given back: it lasts as long as a process of the instance.
            lock = try claim.take(checkingPorts: checksFirst)
            audit = try caller.auditLog(of: profile.name)
        } catch {
            if launch.isNew { launch.forgetProfile() }
            throw error
        }
        if launch.isNew { output.say("made the profile \"\(profile.name)\" with base port \(profile.basePort)") }
        nameDropped()
        if let warning = plan.ephemeralPortWarning { output.say(warning) }
        if plan.ports.cdp.count < 100 {
            let last = plan.ports.cdp.upperBound
            output.say("the CDP ports end at \(last), for \(last + 1) is another profile's base port")
        }
        if let other = serviceManager.otherRecipient {
            output.say("ignoring LISTEN_FDS: LISTEN_PID=\(other) is not this process, \(OwnProcess.processID)")
        }
        if let sentence = degradationSentence(of: plan) { output.say(sentence) }
        if Credentials.userID == 0, let sentence = plan.sharingSentence {
            output.say("\(sentence); leave --user and \"user\" out to give each profile a user ID of its own")
        }
        report(
            [
                "event": "plan", "profile": .string(plan.profile.text), "steps": .integer(Int64(plan.steps.count)),
                "degraded": .array(plan.degradations.map { .string($0.rawValue) }),
            ], audit)
        var watching = self
        do throws(Errno) {
            watching.output = try output.withoutWaiting()
        } catch {
            throw .system(action: "open again", path: "standard error or the descriptor of --status-fd", errno: error)
        }
        return try watching.watch(over: plan, terminal, audit, lock) { () throws(LaunchError) in
            guard !checksFirst else { return plan.siblings }
            try claim.checkPorts()
            return try siblings.plans()
        }
    }

    /// Whether to look for strangers on the plan's ports and to plan its siblings before anything is begun, and not while the
    /// sandbox is built: where a refusal must leave no profile behind, and where it takes rights that are given up then, to
    /// say who a stranger is and to read policies that are root's alone.
    private func checksFirst(_ plan: SandboxPlan, _ isNew: Bool) -> Bool { isNew || plan.changesSupervisor }

    /// Runs the plan. Nothing that is written meanwhile may keep the supervisor waiting.
    private func watch(
        over plan: SandboxPlan, _ terminal: CallersTerminal?, _ audit: AuditLog, _ lock: InstanceLock,
        checking check: () throws(LaunchError) -> [SiblingPlan]
    ) throws(LaunchError) -> Int32 {
        var hash = ""
        var warning: String?
        let supervisor = Supervisor(
            plan: plan, serviceManager: notifications, terminal: terminal, messages: output.messages,
            lock: lock.descriptor)
        let outcome = try supervisor.run(checking: check) { event in
            switch event {
            case .building:
                hash = plan.hash
                warning = plan.memoryWarning
            case .proved(let outcomes): report(outcomes.record(of: plan, hash: hash), audit)
            case .executed:
                report(["event": "exec"], audit)
                // Of a start that failed its failure is all there is to say.
                if let warning { output.say(warning) }
            case .overdue:
                output.say(
                    "the payload did not end within \(Supervisor.grace / 1000) s of being asked to, and is killed")
                report(["event": "overdue"], audit)
            case .endedByKeys:
                output.say("the payload is killed, as typed (~.)")
                report(["event": "ended-by-keys"], audit)
            case .proxyEnded:
                output.say("the proxy of the private network has ended, and with it the way out: the payload is killed")
                report(["event": "proxy-ended"], audit)
            case .listenerLost(let socket, let errno):
                output.say(
                    "the payload left descriptor \(socket.descriptor) of LISTEN_FDS (\(socket.kind)) unusable, and it cannot "
                        + "be made to listen again: \(errno.name) (\(errno)); restart the socket unit")
                report(["event": "listener-lost", "socket": socket.json], audit)
            case .sibling(let record): report(record, audit)
            case .denied(let denial):
                output.warn(denial.description)
                output.report(denial.json)
                audit.record(denial.json, at: denial.time)
            case .permitted(let permit):
                output.report(permit.json)
                audit.record(permit.json, at: permit.time)
            }
        }
        for outlet in output.messages { outlet.becomePatient(milliseconds: 1000) }
        return finish(outcome, audit)
    }

    /// What is given up by name; nil when nothing is.
    private func degradationSentence(of plan: SandboxPlan) -> String? {
        plan.degradations.isEmpty
            ? nil : "degraded, as asked: \(plan.degradations.map(\.rawValue).joined(separator: ", "))"
    }

    /// The payload inherits the three standard descriptors. From a directory it could go on to the host's files, and from
    /// there have the broker bind sockets beside them; a disk holds them all; io_uring takes orders through memory, where
    /// no filter looks.
    private func checkStreams() throws(LaunchError) {
        let number: Int32?
        do {
            number = try OwnProcess.standardDescriptorThatIsNoStream()
        } catch {
            throw .system(action: "examine", path: "the standard descriptors", errno: error)
        }
        guard let number else { return }
        throw .usage(
            "standard \(Self.streams[Int(number)]) is a directory, a disk or no file at all, which would "
                + "lead the payload out of its sandbox; redirect it to a file, a pipe or /dev/null")
    }

    /// A socket keeps the network it was made in: disconnected and connected again it would lead out of the sandbox's.
    private func checkNetworkStreams(_ network: NetworkMode) throws(LaunchError) {
        let number: Int32?
        do {
            number = try OwnProcess.standardDescriptorOfNetwork()
        } catch {
            throw .system(action: "examine", path: "the standard descriptors", errno: error)
        }
        guard let number else { return }
        throw .usage(
            "standard \(Self.streams[Int(number)]) is a socket of the host's network, which would lead the payload out of "
                + "its own (\"network\": \"\(network.rawValue)\"); redirect it to a file, a pipe or /dev/null")
    }

    private static let streams = ["input", "output", "error"]

    /// One event for whoever started this, and for the audit log.
    private func report(_ event: JSON, _ audit: AuditLog) {
        output.report(event)
        audit.record(event)
    }

    private func finish(_ outcome: Supervisor.Outcome, _ audit: AuditLog) -> Int32 {
        if let failure = outcome.failure { refuse(failure) }
        let code = outcome.exitCode
        switch outcome {
        case .ended(let code, let wasReady):
            let isGateway = arguments.options.start.command == nil && !wasReady
            let told = serviceManager.exitStatus(ofPayload: code, isGateway: isGateway)
            guard told != code else {
                report(["event": "exit", "code": .integer(Int64(code))], audit)
                return code
            }
            output.say(
                "the payload ended with exit status \(code), after which a service manager would not start it again; it is "
                    + "told \(told), for the launcher has refused nothing")
            report(["event": "exit", "code": .integer(Int64(code)), "told": .integer(Int64(told))], audit)
            return told
        case .failed(let error): report(error.json, audit)
        case .outOfMemory(let end):
            var event = end.json.object ?? JSONObject()
            event["code"] = .integer(Int64(code))
            report(.object(event), audit)
        case .initKilled(let signal), .payloadKilled(let signal):
            let kind = code == ExitCode.unavailable.rawValue ? "unavailable" : "init-killed"
            report(
                [
                    "event": "error", "code": .integer(Int64(code)), "class": .string(kind),
                    "signal": .integer(Int64(signal)),
                ], audit)
        }
        return code
    }

    private func explain() throws(LaunchError) {
        let launch = try Launch(arguments.options, by: makeCaller(), creating: false)
        let plan = try launch.plan(preparing: false)
        let seccomp = try launch.seccompPolicy()
        guard !arguments.isJSON else {
            var json = plan.json.object ?? JSONObject()
            json["hash"] = .string(plan.hash)
            json["user"] = plan.userJSON
            json["systemCalls"] = seccomp.explanation
            if !plan.siblings.isEmpty { json["siblings"] = .array(plan.siblings.map(\.json)) }
            return output.print(JSON.object(json).text(pretty: true) + "\n")
        }
        output.print("profile \(plan.profile), policy \(plan.policy), plan \(plan.hash)\n")
        output.print(plan.userLine + "\n")
        if let sentence = degradationSentence(of: plan) { output.print(sentence + "\n") }
        showSteps(of: plan)
        for line in plan.portRules?.summary ?? [] { output.print("ports, \(line)\n") }
        for line in seccomp.summary { output.print("system calls, \(line)\n") }
        for sibling in plan.siblings {
            output.print("\nsibling \(sibling.kind.name), policy \(sibling.plan.policy), plan \(sibling.plan.hash)\n")
            for line in sibling.kind.summary { output.print(line + "\n") }
            showSteps(of: sibling.plan)
            for line in sibling.plan.portRules?.summary ?? [] { output.print("ports, \(line)\n") }
        }
    }

    private func showSteps(of plan: SandboxPlan) {
        for (step, stage) in zip(plan.steps, plan.stages) {
            output.print("\(stage.rawValue): \(step.summary)  # \(step.reason)\n")
        }
    }

    private func showProfiles() throws(LaunchError) {
        let store = ProfileStore(directories: try makeCaller().directories)
        do {
            let profiles =
                arguments.isProfileGiven
                ? [try store.loadOrPropose(arguments.options.profile).profile] : try store.all()
            guard !arguments.isJSON else {
                let all = profiles.map { JSON.object(JSONObject([.init(name: $0.name.text, value: $0.file)])) }
                return output.print(JSON.array(all).text(pretty: true) + "\n")
            }
            for profile in profiles {
                output.print("\(profile.name)\tbase port \(profile.basePort)\t\(store.file(of: profile.name))\n")
            }
        } catch {
            throw .profile(error)
        }
    }

    private func doctor() throws(LaunchError) -> Int32 {
        let report = Doctor(caller: try makeCaller(), options: arguments.options).examine()
        if arguments.isJSON {
            output.print(report.json.text(pretty: true) + "\n")
        } else {
            for check in report.checks { output.print(check.line + "\n") }
            output.print(report.verdict + "\n")
        }
        return report.exitCode
    }

    // MARK: The host

    func makeCaller() throws(LaunchError) -> Caller {
        try Caller(environment: environment, executable: try executable(), serviceManager: serviceManager)
    }

    /// The launcher's own file.
    func executable() throws(LaunchError) -> AbsolutePath {
        let executable: AbsolutePath?
        do {
            executable = AbsolutePath(try OwnProcess.executable())
        } catch {
            throw .system(action: "read", path: "/proc/self/exe", errno: error)
        }
        guard let executable else { throw .usage("the launcher's own path is not absolute") }
        return executable
    }

    private static var ownEnvironment: [EnvironmentVariable] {
        OwnProcess.environment.compactMap(EnvironmentVariable.init(assignment:))
    }

    /// Says which inherited variables do not decide anything here.
    private func nameDropped() {
        let dropped = environment.map(\.name).filter { $0.utf8.starts(with: "MAZELCLAW_".utf8) }.sorted()
        guard !dropped.isEmpty else { return }
        output.say("ignoring inherited \(dropped.joined(separator: ", ")): --profile decides")
    }
}

extension LaunchError {
    fileprivate var json: JSON {
        [
            "event": "error", "code": .integer(Int64(exitCode.rawValue)), "class": .string("\(exitCode)"),
            "hint": .string(description),
        ]
    }
}

extension EnforcementError {
    fileprivate var json: JSON {
        [
            "event": "error", "code": .integer(Int64(exitCode.rawValue)), "class": .string("\(exitCode)"),
            "step": .string(step.name), "errno": .string(errno.name), "hint": .string(description),
        ]
    }
}
