package import JSON

/// Commands and events of the domain Target.
package enum TargetDomain {
    /// Every target there is.
    package struct GetTargets: DevToolsCommand {
        package static let method = "Target.getTargets"

        /// Asks for them.
        package init() {}

        package static func answer(_ fields: Fields) throws(DevToolsError) -> [TargetInfo] {
            var targets: [TargetInfo] = []
            for target in try fields.array("targetInfos") { targets.append(try TargetInfo(target)) }
            return targets
        }
    }

    /// Makes a page.
    package struct CreateTarget: DevToolsCommand {
        package static let method = "Target.createTarget"
        /// What it shows first.
        package var url: String

        /// Makes a page that shows `url`.
        package init(url: String) { self.url = url }

        package var parameters: JSONObject { ["url": .string(url)] }

        package static func answer(_ fields: Fields) throws(DevToolsError) -> TargetID {
            TargetID(try fields.string("targetId"))
        }
    }

    /// Closes a page.
    package struct CloseTarget: DevToolsCommand {
        package static let method = "Target.closeTarget"
        /// Which.
        package var target: TargetID

        /// Closes `target`.
        package init(_ target: TargetID) { self.target = target }

        package var parameters: JSONObject { ["targetId": .string(target.text)] }
    }

    /// Shows a page in front of the others.
    package struct ActivateTarget: DevToolsCommand {
        package static let method = "Target.activateTarget"
        /// Which.
        package var target: TargetID

        /// Shows `target`.
        package init(_ target: TargetID) { self.target = target }

        package var parameters: JSONObject { ["targetId": .string(target.text)] }
    }

    /// Attaches to a target, whose session is one of the connection then.
    package struct AttachToTarget: DevToolsCommand {
        package static let method = "Target.attachToTarget"
        /// Which.
        package var target: TargetID

        /// Attaches to `target`.
        package init(_ target: TargetID) { self.target = target }

        package var parameters: JSONObject { ["targetId": .string(target.text), "flatten": true] }

        package static func answer(_ fields: Fields) throws(DevToolsError) -> SessionID {
            SessionID(try fields.string("sessionId"))
        }
    }

    /// Ends a session.
    package struct DetachFromTarget: DevToolsCommand {
        package static let method = "Target.detachFromTarget"
        /// Which.
        package var session: SessionID

        /// Ends `session`.
        package init(_ session: SessionID) { self.session = session }

        package var parameters: JSONObject { ["sessionId": .string(session.text)] }
    }

    /// Tells of targets that come, change and go, from those there are on.
    package struct SetDiscoverTargets: DevToolsCommand {
        package static let method = "Target.setDiscoverTargets"

        /// From now on.
        package init() {}

        package var parameters: JSONObject { ["discover": true] }
    }

    /// Attaches to what the target of the session is related to: the browser to its pages, a page to its frames in other
    /// processes and its workers. Those there are, and those to come.
    package struct SetAutoAttach: DevToolsCommand {
        package static let method = "Target.setAutoAttach"

        /// From now on.
        package init() {}

        package var parameters: JSONObject { ["autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true] }
    }

    /// There is a new target.
    package struct TargetCreated: DevToolsEvent {
        package static let method = "Target.targetCreated"
        /// What it is.
        package var target: TargetInfo

        package init(_ fields: Fields) throws(DevToolsError) { target = try TargetInfo(fields.object("targetInfo")) }
    }

    /// A target has another address or title.
    package struct TargetInfoChanged: DevToolsEvent {
        package static let method = "Target.targetInfoChanged"
        /// What it is now.
        package var target: TargetInfo

        package init(_ fields: Fields) throws(DevToolsError) { target = try TargetInfo(fields.object("targetInfo")) }
    }

    /// A target is gone.
    package struct TargetDestroyed: DevToolsEvent {
        package static let method = "Target.targetDestroyed"
        /// Which.
        package var target: TargetID

        package init(_ fields: Fields) throws(DevToolsError) { target = TargetID(try fields.string("targetId")) }
    }

    /// The process of a target crashed.
    package struct TargetCrashed: DevToolsEvent {
        package static let method = "Target.targetCrashed"
        /// Which.
        package var target: TargetID
        /// How: `crashed`, `killed`.
        package var status: String

        package init(_ fields: Fields) throws(DevToolsError) {
            target = TargetID(try fields.string("targetId"))
            status = try fields.string("status")
        }
    }

    /// There is a new session.
    package struct AttachedToTarget: DevToolsEvent {
        package static let method = "Target.attachedToTarget"
        /// Which.
        package var session: SessionID
        /// What it is attached to.
        package var target: TargetInfo

        package init(_ fields: Fields) throws(DevToolsError) {
            session = SessionID(try fields.string("sessionId"))
            target = try TargetInfo(fields.object("targetInfo"))
        }
    }

    /// A session has ended.
    package struct DetachedFromTarget: DevToolsEvent {
        package static let method = "Target.detachedFromTarget"
        /// Which.
        package var session: SessionID

        package init(_ fields: Fields) throws(DevToolsError) { session = SessionID(try fields.string("sessionId")) }
    }
}

/// What a target is.
package struct TargetInfo: Sendable, Equatable {
    /// Its name among targets.
    package var id: TargetID
    /// `page`, `iframe`, `worker`, `service_worker`, `browser` and others.
    package var type: String
    /// What stands in the title bar.
    package var title: String
    /// What it shows.
    package var url: String

    /// A target with these values, as an event or an answer would describe it.
    package init(id: TargetID, type: String, title: String, url: String) {
        (self.id, self.type, self.title, self.url) = (id, type, title, url)
    }

    init(_ fields: Fields) throws(DevToolsError) {
        self.init(
            id: TargetID(try fields.string("targetId")), type: try fields.string("type"),
            title: try fields.string("title"), url: try fields.string("url"))
    }
}
