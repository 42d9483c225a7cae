import Configuration
import Gateway
import Glibc
import JSON
import Policy
import Profiles
import Storage

/// What was chosen for a profile, and was found to answer.
struct Onboarding {
    private var context: Context
    private let store: ProfileStore
    private let options: OnboardOptions
    private let questions = Questions()
    private var port: UInt16 = 0
    private var choice = AnswerChoice.none
    private var answer = ""
    private var installsService = false
    private var workspace: AbsolutePath?
    /// What the profile is to grant beside what it does.
    private var grant: NetworkGrant?

    /// Asks for what `options` do not say, about the profile of `context` at first, and tries it. Nothing is saved.
    ///
    /// Throws `Questions.End` when it is given up, and what is wrong with an option or the trial.
    init(_ context: Context, _ options: OnboardOptions, _ interruption: Interruption) async throws {
        guard let store = context.store else { throw ServiceError("the host's profiles are out of sight") }
        self.context = context
        self.store = store
        self.options = options
        workspace = try options.workspace.map { (text) throws(ConfigurationError) in
            try context.path(text, argument: "--workspace")
        }
        if !options.acceptRisk { try await askForRisk() }
        try await choosePort()
        try await offerImport(interruption)
        let choices = try answerChoices(options.baseURL == nil ? await LocalServer.found() : [])
        choice = try await choose(from: choices)
        try await grantNetwork()
        installsService = try await chooseService()
        try await tryUntilAnswered(choices, interruption)
    }

    private var service: GatewayService {
        get throws { try GatewayService(context, scope: .user) }
    }

    // MARK: Questions

    private func askForRisk() async throws {
        Output.line(
            """
            An agent reads what strangers write, and can be talked into using whatever
            it can reach. Its sandbox shows it the profile's own directories and ports,
            and nothing else of yours. What you add to that, you trust it with.
            """)
        guard try await questions.confirm("Go on?", proposal: true) else { throw Questions.End.declined }
    }

    /// Which profile, and on which base port.
    private mutating func choosePort() async throws {
        guard !options.nonInteractive, options.port == nil else {
            port = try ProfileSetup.basePort(options.port) ?? BasePortChoice(context, store).proposal()
            return try BasePortChoice(context, store).require(port)
        }
        while true {
            port = try BasePortChoice(context, store).proposal()
            let name = context.instance.name
            let text = try await questions.ask("Profile and base port", proposal: "\(name) \(port)")
            do {
                // Another profile has another proposal, which a port that was typed replaces.
                let words = text.split(separator: " ").map(String.init)
                for word in words where Int(word) == nil { try take(profile: word) }
                for number in words.compactMap({ Int($0) }) { port = try ProfileSetup.basePort(number) ?? port }
                try BasePortChoice(context, store).require(port)
                return
            } catch {
                Output.line(TerminalText.safe("\(error)"))
            }
        }
    }

    /// Offers to take over what an original gateway kept, where a profile that has never run could have it. It is there at
    /// once, and what is chosen afterwards is chosen for it.
    private mutating func offerImport(_ interruption: Interruption) async throws {
        let instance = context.instance
        guard !options.nonInteractive, try context.holder.get() == nil,
            try InstanceIdentity.load(in: instance.stateDirectory.value) == nil,
            let found = OriginalDirectory.found(below: instance.home).first,
            try await questions.confirm(
                "The original gateway's state is in \(TerminalText.safe(found.path.text)). Take it over?",
                proposal: false)
        else { return }
        let lock = try context.keepStopped()
        // Later it is started.
        defer { lock.release() }
        let code = try await Takeover(original: found, basePort: port).run(in: context)
        guard code == 0 else { return }
        interruption.noteImport()
        context = try Context(profile: instance.name)
    }

    /// Takes `word` for another profile, whose port is then proposed.
    private mutating func take(profile word: String) throws {
        guard let name = ProfileName(word) else {
            throw ServiceError("\"\(word)\" is neither a port nor a profile's name: \(ProfileName.rule)")
        }
        guard name != context.instance.name else { return }
        context = try Context(profile: name)
        port = try BasePortChoice(context, store).proposal()
    }

    private func answerChoices(_ servers: [LocalServer]) throws -> AnswerChoices {
        let instance = context.instance
        let configuration = try GatewayConfiguration(instance: instance, file: ConfigurationFile.load(for: instance))
        // What is written for a start is what is missing; what stands there and forbids it is left alone.
        if configuration.file?.gateway.mode != nil, configuration.credentials.isConfigured {
            try configuration.requireStartable(allowsUnconfigured: false)
        }
        let path = Context.environment()["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return AnswerChoices(
            configuration, ProgramSearch(path: path, binds: instance.profile?.binds ?? []), servers: servers)
    }

    private func choose(from choices: AnswerChoices) async throws -> AnswerChoice {
        if let named = options.namedService { return named }
        if let name = options.backend {
            let choice = try choices.choice(for: name)
            return options.model.map(choice.choosing) ?? choice
        }
        if options.nonInteractive { return choices.all.first { $0.isCurrent } ?? .none }
        Output.line("Who answers:")
        for (index, choice) in choices.all.enumerated() {
            Output.line(TerminalText.safe("  \(index + 1)  \(choice.title)"))
        }
        for path in choices.hidden { Output.line("     (\(TerminalText.safe(AnswerChoices.hiddenText(path))))") }
        Output.line("Another program is named by its command line, and a model service by its address (https://…/v1).")
        return try await choose(from: choices, "Number, address or command line of another program", proposal: "1")
    }

    private func choose(
        from choices: AnswerChoices, _ question: String, proposal: String
    ) async throws -> AnswerChoice {
        while true {
            let text = try await questions.ask(question, proposal: proposal)
            if text == "stop" { throw Questions.End.declined }
            if ServiceEntry.isAddress(text) {
                if let service = try await askForService(text) { return service }
                continue
            }
            let chosen: AnswerChoice
            do throws(ServiceError) {
                chosen = try choices.choice(for: text)
            } catch {
                Output.line(TerminalText.safe("\(error)"))
                continue
            }
            return try await chooseModel(of: chosen)
        }
    }

    /// Which of the models that the server of `choice` offers.
    private func chooseModel(of choice: AnswerChoice) async throws -> AnswerChoice {
        guard choice.offered.count > 1, !choice.isConfigured else { return choice }
        Output.line(TerminalText.safe("It offers \(choice.offered.joined(separator: ", "))."))
        while true {
            let model = try await questions.ask("Model", proposal: choice.offered[0])
            if choice.offered.contains(model) { return choice.choosing(model) }
            Output.line(TerminalText.safe("\"\(model)\" is none of them."))
        }
    }

    /// Asks for what there is to know of the service at `address`; nil when no model is named.
    private func askForService(_ address: String) async throws -> AnswerChoice? {
        let key = await ServiceEntry.askForKey("Its key, which is not shown (Enter where it needs none): ")
        let model = try await questions.ask("Its model, as the service calls it", proposal: "none")
        return model == "none" ? nil : ServiceEntry.choice(address, api: nil, key: key, model: model)
    }

    /// Finds out whether the sandbox lets the gateway connect to the service that was chosen, and asks whether it may.
    private mutating func grantNetwork() async throws {
        grant = nil
        guard let address = choice.address,
            let needed = NetworkGrant(
                BasePortChoice(context, store).profile(on: port), host: address.host, port: address.port)
        else { return }
        guard let entry = needed.entry else { throw ServiceError("\(needed.text) Nothing was saved") }
        if options.nonInteractive {
            guard options.grantNetwork else {
                throw ServiceError(
                    "\(needed.text) Give --grant-network, or write \(entry) into \(store.file(of: context.instance.name)). "
                        + "Nothing was saved")
            }
        } else {
            Output.line(TerminalText.safe("\(needed.text)"))
            let file = store.file(of: context.instance.name)
            let isGranted = try await questions.confirm(
                "Write \(TerminalText.safe(entry)) into \(TerminalText.safe(file.text))?", proposal: true)
            guard isGranted else { throw Questions.End.declined }
        }
        grant = needed
    }

    /// The profile as it is to be.
    private var profile: Profile {
        var profile = BasePortChoice(context, store).profile(on: port)
        grant?.apply(to: &profile)
        return profile
    }

    private func chooseService() async throws -> Bool {
        if options.wantsService == false { return false }
        let service = try service
        // One that is there is brought up to date, and goes on.
        if let scope = service.installedScope { return scope == .user }
        do throws(ServiceError) {
            try service.requireManager()
        } catch {
            guard options.wantsService == nil else { throw error }
            if !options.nonInteractive { Output.line("No service: \(error)") }
            return false
        }
        if let wanted = options.wantsService { return wanted }
        guard !options.nonInteractive else { return false }
        return try await questions.confirm("Install it as a service, and start it?", proposal: true)
    }

    // MARK: Trial

    private mutating func tryUntilAnswered(_ choices: AnswerChoices, _ interruption: Interruption) async throws {
        let trial = Trial(context, launcher: try service.launcher())
        interruption.concerns(trial)
        while true {
            if isatty(STDOUT_FILENO) == 1, !options.json { Output.line("Trying it in its sandbox: one real message …") }
            do {
                answer = try await trial.run(choice, options.settings, as: profile)
                return interruption.pass()
            } catch {
                interruption.pass()
                guard !options.nonInteractive else { throw ServiceError("\(error); nothing was saved") }
                Output.line(TerminalText.safe("\(error)"))
            }
            choice = try await choose(
                from: choices, "Who is to answer instead? stop ends it, and nothing is saved", proposal: "stop")
            try await grantNetwork()
        }
    }

    // MARK: What is saved

    /// Writes the profile and the configuration, installs the service, and says what there is now.
    func save() throws {
        var context = context
        try summarize()
        try ProfileSetup.makeProfile(for: &context, in: store, basePort: port)
        if let grant, let entry = grant.entry, var profile = context.instance.profile {
            grant.apply(to: &profile)
            try store.write(profile)
            try context.adopt(profile)
            Output.line("Updated \(store.file(of: profile.name)) (\(entry))")
        }
        let settings = options.settings + (isDefault ? [] : choice.changes)
        try ProfileSetup.report(InstanceSetup(context.instance, workspace: workspace, settings: settings), of: context)
        let name = context.instance.name
        if installsService {
            try GatewayService(context, scope: .user).install(hasSocket: nil, isForced: false, starts: true) {
                complete in
                try store.loadOrCreate(name, adjust: complete).profile
            }
        } else if try context.holder.get() == nil {
            Output.line("Start it: \(CommandText.text("mazelclaw-run", for: name)) (in its sandbox)")
        }
        Output.line("Talk with it: \(CommandText.command("chat", for: name))")
    }

    /// Whether it is what counts when the configuration says nothing.
    private var isDefault: Bool { choice == .none && !hasModel }

    private var hasModel: Bool {
        let file = try? ConfigurationFile.load(for: context.instance)
        return file?.agents.defaults.model.primary != nil
    }

    private func summarize() throws {
        let ports = try PortPlan(others: store.others(than: profile.name)).ports(of: profile)
        let said = answer.split(separator: "\n").first.map { "; asked now, it said: \($0.prefix(60))" } ?? ""
        let rows = [
            ("Profile", context.instance.name.text),
            ("Ports", "\(port), \(ports.control) and \(ports.cdp.lowerBound) to \(ports.cdp.upperBound)"),
            ("State", context.instance.stateDirectory.value.text),
            ("Answers", choice.title + (choice.isNobody ? "" : said)),
            ("Service", installsService ? "\(ServiceUnit.name(of: context.instance.name)).service" : "none"),
        ]
        Output.line(TerminalText.safe(Output.fields(rows)))
    }

    /// What was done, for a program.
    var json: JSON {
        [
            "mode": "local", "profile": .string(context.instance.name.text),
            "stateDir": .string(context.instance.stateDirectory.value.text),
            "backend": .string(choice.name), "answer": .string(answer), "installDaemon": .bool(installsService),
            "gateway": ["port": .integer(Int64(port)), "bind": "loopback"],
        ]
    }
}
