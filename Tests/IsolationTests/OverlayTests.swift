import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// F24: a workspace that is thrown away.
@Suite(.recorded) struct OverlayTests {
    /// Where the workspace is.
    enum Place: String, CaseIterable, CustomTestStringConvertible {
        /// In the state directory, as it is unless somebody says otherwise.
        case inside
        case apart

        var testDescription: String { rawValue }

        func path(_ host: Host) -> String {
            self == .inside ? "\(host.stateDirectory())/workspace-p" : "\(host.home)/work"
        }

        func options(_ host: Host, _ size: String?) -> Host.Options {
            var options = Host.Options()
            if self == .apart { options.more += ["--workspace", path(host)] }
            if let size { options.more += ["--workspace-overlay", size] }
            return options
        }
    }

    /// Makes a workspace with a file, a directory with a file, and a link.
    private func makeWorkspace(_ host: Host, _ place: Place) throws -> String {
        try host.makeState()
        let path = place.path(host)
        let user = Host.payloadUser
        try Files.makeDirectory(path, mode: 0o750, owner: user)
        try Files.write("old", to: "\(path)/file", owner: user)
        try Files.write("kept", to: "\(path)/other", owner: user)
        try Files.makeDirectory("\(path)/tree", owner: user)
        try Files.write("leaf", to: "\(path)/tree/leaf", owner: user)
        try Files.makeLink("\(path)/link", to: "file", owner: user)
        return path
    }

    private static let changes = """
        cd $MAZELCLAW_WORKSPACE && echo new > file && rm other && mv tree branch && echo more >> branch/leaf &&
        rm link && ln -s /etc link && mkdir tree && chmod 700 . && touch made && ls && cat file branch/leaf && ls tree
        """

    @Test(arguments: Starting.available, Place.allCases)
    func `what is written to an overlay is seen inside, and gone at the end`(starting: Starting, place: Place) throws {
        let host = try Host(starting)
        let path = try makeWorkspace(host, place)
        let before = Files.listing(path)
        let options = place.options(host, "8m")
        let end = try host.run(["sh", "-c", Self.changes], options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output == "branch\nfile\nlink\nmade\ntree\nnew\nleafmore\n")
        #expect(Files.listing(path) == before)
        // Each start begins with the host's again, and its mode.
        let again = try host.run(["sh", "-c", "cd $MAZELCLAW_WORKSPACE && stat -c %a . && cat file other"], options)
        #expect(again.output == "750\noldkept")
        // What is beside the workspace stays.
        let beside = try host.run(["sh", "-c", "echo kept > $MAZELCLAW_STATE_DIR/beside"], options)
        #expect(beside.code == 0)
        #expect(Files.read(host.stateDirectory() + "/beside") == "kept\n")
    }

    @Test(arguments: Starting.available, Place.allCases)
    func `without an overlay what is written stays`(starting: Starting, place: Place) throws {
        let host = try Host(starting)
        let path = try makeWorkspace(host, place)
        let end = try host.run(["sh", "-c", Self.changes], place.options(host, nil))
        #expect(end.code == 0, "\(end.errors)")
        #expect(Files.read("\(path)/file") == "new\n")
        #expect(!Files.exists("\(path)/other"))
        #expect(Files.read("\(path)/branch/leaf") == "leafmore\n")
    }

    @Test(arguments: Starting.available, Place.allCases)
    func `the workspace below an overlay cannot be reached`(starting: Starting, place: Place) throws {
        let host = try Host(starting)
        let path = try makeWorkspace(host, place)
        let before = Files.listing(path)
        let script = """
            ls -A / | tr '\\n' ' '; echo
            cd $MAZELCLAW_STATE_DIR
            python3 - <<-END
            import ctypes, errno, os
            w, libc = os.environ["MAZELCLAW_WORKSPACE"], ctypes.CDLL(None, use_errno=True)
            def says(act):
                try: act(); return "done"
                except OSError as error: return errno.errorcode[error.errno]
            def unmount():
                if libc.umount2(w.encode(), 2): raise OSError(ctypes.get_errno(), "")
            print("rename", says(lambda: os.rename(w, w + "2")))
            print("remove", says(lambda: os.rmdir(w)))
            print("unmount", says(unmount))
            print("link", says(lambda: os.link(w + "/file", os.environ["MAZELCLAW_STATE_DIR"] + "/file")))
            print("device", says(lambda: os.mknod(w + "/device", 0o020600, os.makedev(1, 3))))
            print("mount", *[line.split()[5] for line in open("/proc/self/mountinfo") if line.split()[4] == w])
            END
            """
        let end = try host.run(["sh", "-c", script], place.options(host, "8m"))
        #expect(end.code == 0, "\(end.errors)")
        #expect(!end.output.contains("overlay "))
        // Of the frame of the root nothing can be renamed at all.
        let busy = place == .inside ? "EBUSY" : "EROFS"
        for (act, outcomes) in [
            ("rename", busy), ("remove", busy), ("unmount", "EPERM"), ("link", "EXDEV"),
            ("device", "EPERM | EACCES"),
        ] {
            let line = end.output.split(separator: "\n").first { $0.hasPrefix("\(act) ") }
            let outcome = line?.split(separator: " ").last.map(String.init) ?? "none"
            #expect(outcomes.components(separatedBy: " | ").contains(outcome), "\(act): \(outcome)")
        }
        #expect(end.output.contains("mount rw,nosuid,nodev"))
        #expect(Files.listing(path) == before)
    }

    @Test(arguments: Starting.available, Place.allCases)
    func `an overlay is full at its size`(starting: Starting, place: Place) throws {
        let host = try Host(starting)
        let path = try makeWorkspace(host, place)
        let script = """
            cd $MAZELCLAW_WORKSPACE; head -c 900000 /dev/zero > part && echo room
            head -c 2000000 /dev/zero > big || stat -c %s big
            """
        let end = try host.run(["sh", "-c", script], place.options(host, "1m"))
        #expect(end.output.hasPrefix("room\n"))
        #expect(end.errors.contains("No space left on device"))
        #expect(!Files.exists("\(path)/part"))
        let enough = try host.run(["sh", "-c", script], place.options(host, "4m"))
        #expect(enough.output == "room\n" && !enough.errors.contains("No space"))
    }

    @Test(arguments: Starting.available, Place.allCases)
    func `everything guaranteed holds with an overlay, and explain names it`(starting: Starting, place: Place) throws {
        let host = try Host(starting)
        let path = try makeWorkspace(host, place)
        let before = Files.listing(path)
        let options = place.options(host, "8m")
        let verified = try host.command(["verify"], options)
        #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
        #expect(verified.output.contains(" guarantees hold, 0 do not"))
        let explained = try host.command(["explain"], options)
        #expect(explained.output.contains("init: mount type=overlay lowerdir=\(path) size=8388608 destination=\(path)"))
        #expect(explained.output.contains("what is written to the workspace is thrown away"))
        let why = try host.command(["why", "path", "\(path)/x"], options)
        #expect(why.output.contains("gone at the end"))
        #expect(Files.listing(path) == before)
        let plain = try host.command(["explain"], place.options(host, nil))
        #expect(!plain.output.contains("type=overlay lowerdir=\(path)"))
    }

    @Test(arguments: Starting.available)
    func `a profile can ask for an overlay, and a missing workspace is made`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        try host.writeProfile(keys: "\"workspaceOverlay\": \"8m\"")
        let end = try host.run(["sh", "-c", "echo x > $MAZELCLAW_WORKSPACE/file && cat $MAZELCLAW_WORKSPACE/file"])
        #expect(end.output == "x\n", "\(end.errors)")
        let path = Place.inside.path(host)
        #expect(Files.owner(of: path) == Host.payloadUser)
        #expect(!Files.exists("\(path)/file"))
        for size in ["0", "much", "-1", "8mb", ""] {
            var options = Host.Options()
            options.more = ["--workspace-overlay=\(size)"]
            #expect(try host.run(["true"], options).code == 2)
            try host.writeProfile(keys: "\"workspaceOverlay\": \"\(size)\"")
            #expect(try host.run(["true"]).code == 78)
        }
    }

    @Test(arguments: Starting.available, ["workspace-p", "a/work"])
    func `a workspace that the payload made a link is not covered`(starting: Starting, name: String) throws {
        let host = try Host(starting)
        try host.makeState()
        let state = host.stateDirectory()
        let elsewhere = "\(host.home)/elsewhere"
        try Files.makeDirectory(elsewhere, owner: Host.payloadUser)
        try Files.makeDirectory("\(elsewhere)/work", owner: Host.payloadUser)
        try Files.makeLink(
            "\(state)/\(name == "a/work" ? "a" : name)", to: elsewhere, owner: Host.payloadUser)
        var options = Host.Options()
        options.more = ["--workspace", "\(state)/\(name)", "--workspace-overlay", "8m"]
        let end = try host.run(["touch", "\(state)/ran"], options)
        #expect(end.code == 125)
        #expect(end.sentences.first?.contains("ELOOP") == true, "\(end.errors)")
        #expect(!Files.exists("\(state)/ran"))
    }

    @Test(arguments: Starting.available, Place.allCases)
    func `an overlay is made without openat2, and not without umount2`(starting: Starting, place: Place) throws {
        let host = try Host(starting)
        let path = try makeWorkspace(host, place)
        let before = Files.listing(path)
        var options = place.options(host, "8m")
        // openat2, as units with RestrictSUIDSGID= hide it.
        options.wrapper = [host.stage.probe, "--without", "437=\(ENOSYS)"]
        #expect(try host.run(["sh", "-c", Self.changes], options).code == 0)
        options.wrapper = [host.stage.probe, "--without", "\(SYS_umount2)=\(EPERM)"]
        let end = try host.run(["touch", "\(path)/ran"], options)
        #expect(end.code == 69)
        #expect(end.errors.contains("guarantee \"workspace-overlay\""))
        #expect(Files.listing(path) == before)
    }

    @Test(arguments: Starting.available, Place.allCases)
    func `an overlay that the kernel refuses is named, and nothing runs`(starting: Starting, place: Place) throws {
        guard geteuid() == 0 else { return }
        let host = try Host(starting)
        let path = try makeWorkspace(host, place)
        var options = place.options(host, "8m")
        // With a mount below it the kernel takes no directory as a layer.
        let script = "mount -t tmpfs none \(path)/tree && exec \"$@\""
        options.rootWrapper = ["unshare", "-m", "sh", "-c", script, "-"]
        let end = try host.run(["touch", "\(host.stateDirectory())/ran"], options)
        #expect(end.code == 69, "\(end.errors)")
        #expect(end.errors.contains("cannot hold the guarantee \"workspace-overlay\": step \"mount type=overlay"))
        #expect(!Files.exists("\(host.stateDirectory())/ran"))
    }
}
