import Configuration
import GatewayProtocol
import Time

extension Conversations {
    /// What becomes of what `run` says when its session's agent is answering already; nil when it waits in any case.
    private func queueRules(for run: ActiveRun) async throws -> QueueRules? {
        guard let channel = run.request.channel else { return nil }
        return QueueRules(queue.value, try await store.session(run.request.sessionKey), channel: channel)
    }

    /// Makes sure that another message may wait in the session of `run`, as its queue has it. Throws `ProtocolError`.
    func makeRoom(for run: ActiveRun) async throws {
        guard !run.place.isFirst, run.request.queueChange == nil, let rules = try await queueRules(for: run),
            let cap = rules.cap
        else { return }
        let waiting = open(before: run).filter { $0.startedAt == nil && $0.request.channel != nil }
        guard waiting.count >= cap, rules.mode != .interrupt else { return }
        switch rules.drop {
        case .new:
            throw ProtocolError(
                .unavailable,
                "\(waiting.count) messages wait to be answered in this session; try again when some have been, or see /queue",
                isRetryable: true)
        case .old, .summarize:
            for oldest in waiting.prefix(waiting.count - cap + 1) {
                abort(oldest, .queue)
                guard rules.drop == .summarize else { continue }
                noteLeftOut(oldest.request)
            }
        }
    }

    /// Waits for the turn of `run`, as the queue of its session has it. Returns false when another turn has taken its message
    /// in, so that there is nothing left to answer.
    func waitForTurn(_ run: ActiveRun, _ kept: ActiveRun.Kept) async throws -> Bool {
        // Who finds nobody there has nothing to wait for.
        guard !run.place.isFirst, let rules = try await queueRules(for: run) else {
            try await run.place.waitForTurn()
            return true
        }
        switch rules.mode {
        case .interrupt: for other in open(before: run) { abort(other, .queue) }
        case .steer: if try await steer(by: run, kept) { return false }
        case .steerBacklog: _ = try await steer(by: run, kept)
        case .followup, .collect: break
        }
        try await run.place.waitForTurn()
        guard rules.mode == .collect, run.request.isPlain else { return true }
        while true {
            if let next = openRuns.first(where: { $0.ordinal > run.ordinal && $0.canAnswer(for: run, kept) }) {
                next.collect(run.collected + [run.request.message])
                return false
            }
            let quiet = clock.now.since(run.acceptedAt)
            guard quiet < rules.debounce else { return true }
            try await Task.sleep(for: TimeSpan(clamping: rules.debounce.milliseconds - quiet.milliseconds).duration)
        }
    }

    /// Has the turn that is under way in the session of `run` take its message in. Returns whether it did.
    private func steer(by run: ActiveRun, _ kept: ActiveRun.Kept) async throws -> Bool {
        guard run.request.isPlain, let place = kept.place,
            let active = open(before: run).last(where: { $0.startedAt != nil && $0.isSame(as: run, kept) })
        else { return false }
        let offer = Steering.Offer(run.request.message, at: place)
        guard active.steering.put(offer) else { return false }
        do {
            return try await offer.outcome.wait()
        } catch {
            active.steering.withdraw(offer)
            throw error
        }
    }

    /// The runs of the session of `run` that are not over and were asked for before it.
    private func open(before run: ActiveRun) -> [ActiveRun] {
        openRuns.filter { $0.request.sessionKey == run.request.sessionKey && $0.ordinal < run.ordinal }
    }
}

extension ActiveRun {
    /// Whether it answers in the transcript that keeps what `other` says, for the same agent and somebody who may do as much.
    fileprivate func isSame(as other: ActiveRun, _ kept: Kept) -> Bool {
        guard case .success(.kept(let own))? = acceptance.current else { return false }
        return own.sessionID == kept.sessionID && request.sessionKey == other.request.sessionKey
            && request.agentID == other.request.agentID && request.isByAdmin == other.request.isByAdmin
    }

    /// Whether it can answer what `other` says together with its own message.
    fileprivate func canAnswer(for other: ActiveRun, _ kept: Kept) -> Bool {
        request.channel != nil && request.isPlain && isSame(as: other, kept)
    }
}
