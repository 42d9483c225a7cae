/// The files of the synthetic /etc: what programs look up, and nothing of the host's own.
struct SystemFiles {
    let user: UserIdentity
    let hostName: String
    let profile: ProfileName

    /// The files of /etc that the sandbox has of its own, each by its name there and with its whole content.
    func contents(resolverConfiguration: String) -> [(name: String, content: String)] {
        [
            (
                "passwd",
                """
                \(user.name):x:\(user.userID):\(user.groupID)::\(user.home):/bin/sh
                nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin

                """
            ),
            ("group", "\(user.name):x:\(user.groupID):\nnogroup:x:65534:\n"),
            ("hosts", "127.0.0.1 localhost\n127.0.1.1 \(hostName)\n::1 localhost ip6-localhost ip6-loopback\n"),
            ("hostname", "\(hostName)\n"),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"),
            ("resolv.conf", resolverConfiguration),
            ("machine-id", "\(machineID)\n"),
        ]
    }

    /// An ID of the instance's own, the same at every start (machine-id(5)).
    ///
    /// Made from the profile's name and user alone: the host's own ID is confidential and stays outside.
    private var machineID: Substring {
        SHA256.hexadecimal(of: Array("mazelclaw \(profile.collisionKey) \(user.userID)".utf8)).prefix(32)
    }
}
