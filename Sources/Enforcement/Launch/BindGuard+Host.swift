import Policy
import Profiles

extension BindGuard {
    /// Guards what is the host's when `caller` starts a profile beside `neighbours`: what decides about sandboxes, what is
    /// kept of them, and what the other profiles have.
    init(for caller: Caller, _ neighbours: [Neighbour]) {
        let programs = "the programs and policies that sandboxes are made by"
        let directory = caller.executable.parent
        var places = [
            Place(
                path: caller.directories.configuration, meaning: "the host's profiles and policies", isHidden: true),
            Place(path: .root / "etc/mazelclaw", meaning: "the host's profiles and policies", isHidden: true),
            Place(path: caller.directories.state, meaning: "the host's locks and logs of sandboxes", isHidden: true),
            Place(path: directory, meaning: programs, isHidden: false),
            Place(path: directory.parent / "share/mazelclaw/policies", meaning: programs, isHidden: false),
        ]
        for neighbour in neighbours {
            guard let state = neighbour.state else { continue }
            places.append(
                Place(path: state, meaning: "the state directory of profile \"\(neighbour.name)\"", isHidden: true))
        }
        self.init(places: places)
    }
}
