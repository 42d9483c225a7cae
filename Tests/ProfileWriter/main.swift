import Foundation
import Policy
import Profiles

// The process that the tests of the host's registry run two of at a time. Says a line on standard output when it is ready,
// begins when standard input has one, and says a line for each thing done.
//
//     profile-writer create STATE NAME...        makes the profiles, and says NAME BASE new|known
//     profile-writer identify STATE NAME...      gives each a user ID of its own, and says NAME UID
//     profile-writer claim STATE NAME BASE DIR   claims the instance, says claimed, held, port or directory, and keeps it
//                                                until standard input ends

func say(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

func names(_ words: ArraySlice<String>) -> [ProfileName] { words.compactMap { ProfileName($0) } }

let words = CommandLine.arguments
guard words.count > 3 else { exit(2) }
let directories = HostDirectories(userID: 1, home: .root) { $0.hasPrefix("XDG_") ? words[2] : nil }
say("ready")
_ = readLine()
do {
    switch words[1] {
    case "create":
        for name in names(words[3...]) {
            let (profile, isNew) = try ProfileStore(directories: directories).loadOrCreate(name)
            say("\(name) \(profile.basePort) \(isNew ? "new" : "known")")
        }
    case "identify":
        for name in names(words[3...]) {
            say("\(name) \(try IdentityRegistry(directories: directories).assign(to: name))")
        }
    case "claim":
        guard words.count == 6, let name = ProfileName(words[3]), let base = UInt16(words[4]),
            let ports = PortSet(base: base), let state = AbsolutePath(words[5])
        else { exit(2) }
        switch try InstanceRegistry(directories: directories)
            .claim(name, ports: ports, trees: InstanceTrees(state: state))
        {
        case .claimed: say("claimed")
        case .held: say("held")
        case .portTaken: say("port")
        case .directoryTaken: say("directory")
        }
        while readLine() != nil {}
    default: exit(2)
    }
} catch {
    say("failed: \(error)")
    exit(1)
}
