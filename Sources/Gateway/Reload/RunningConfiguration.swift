import Configuration
import Files
import Logging

/// What a gateway runs with, and how it goes on with something else.
struct RunningConfiguration: Sendable {
    let configuration: Current<GatewayConfiguration>
    let agents: Current<AgentDirectory>
    let sessionSettings: Current<SessionSettings>
    let queue: Current<QueueSection>
    let cron: CronService
    let heartbeats: HeartbeatService
    let browser: (any BrowserControl)?
    let redactor: GrowingRedactor
    let logger: Logger

    /// Goes on with another configuration, and keeps it as one that works.
    func adopt(_ next: GatewayConfiguration) {
        redactor.learn(next.secrets)
        let directory = AgentDirectory(next, environment: ProcessEnvironment.forPrograms(of: next))
        redactor.learn(directory.keys)
        directory.prepareWorkspaces(logger: logger)
        // Runs that are under way go on with whom they began.
        configuration.replace(by: next)
        agents.replace(by: directory)
        sessionSettings.replace(by: next.sessionSettings)
        queue.replace(by: next.content.messages.queue)
        cron.adopt(next.content.cron)
        heartbeats.adopt(Heartbeat.all(next.agents))
        browser?.adopt(next)
        keep()
        tellOfSettingsSetAside()
    }

    /// Keeps the file it runs with, so that there is a way back from one that does not work.
    func keep() {
        let configuration = configuration.value
        guard let file = configuration.file else { return }
        let copy = LastGoodConfiguration(of: file.path)
        do throws(StorageError) {
            try copy.keep(file, configuration.instance.state)
        } catch {
            logger.notice("cannot keep a copy of the configuration", metadata: ["error": "\(error)"])
        }
    }

    /// Tells of settings that are more than can be counted, in whose place something else counts.
    func tellOfSettingsSetAside() {
        for fault in configuration.value.file?.snapshot.setAside ?? [] {
            logger.warning("a setting was set aside", metadata: ["setting": "\(fault)"])
        }
    }
}
