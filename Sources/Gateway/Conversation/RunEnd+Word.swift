extension RunEnd {
    /// What is said of it, the end of `run`, through a messaging service; nil when nothing is.
    func word(of run: ActiveRun) -> String? {
        // Nobody asked: a heartbeat tells what the agent has to say, and nothing else.
        if run.request.quietLimit != nil { return status == .ok ? HeartbeatReply(text).text : nil }
        switch status {
        case .ok: return text.isEmpty ? nil : text
        case .error: return "There is no answer: \(error ?? "the agent failed")"
        case .aborted:
            guard run.abortCause == .shutdown else { return text.isEmpty ? nil : text }
            let note = "The gateway stopped before this was answered; say it once more if it is still wanted."
            return text.isEmpty ? note : "\(text)\n\n\(note)"
        }
    }
}

extension SessionEntry {
    /// Notes that its last message came from `route`.
    mutating func noteRoute(_ route: DeliveryRoute) {
        noteRoute(channel: route.service, account: route.account, target: route.target, json: route.json)
    }

    /// Where its last message came from; nil when that was no messaging service.
    var route: DeliveryRoute? { deliveryContext.flatMap(DeliveryRoute.init) }
}
