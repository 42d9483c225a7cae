import DevTools
import JSON
import Text

/// What is read of a page.
struct PageRoutes: Sendable {
    let browser: RunningBrowser
    let settings: BrowserSettings

    init(_ browser: RunningBrowser, _ settings: BrowserSettings) {
        self.browser = browser
        self.settings = settings
    }

    // MARK: Snapshots

    /// What is on a page, as text or as a list.
    func snapshot(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        let format = try arguments.text("format") ?? "ai"
        guard ["ai", "aria"].contains(format) else { throw BrowserFault(400, "format can be ai or aria") }
        let limit = try arguments.number("limit", in: 1...100_000) ?? 500
        let options = try SnapshotOptions(arguments, usual: settings.snapshotMode)
        guard format == "ai" else { return try await list(tree(arguments, tab, limit), limit, tab) }
        let tree = try await tree(arguments, tab, Self.entryLimit)
        let snapshot = Snapshot(tree, options)
        await browser.keep(snapshot.refs, snapshot.names, in: tree.lists, of: tab)
        var refs = JSONObject()
        for name in snapshot.names {
            guard let ref = snapshot.refs[name] else { continue }
            refs[name] = ["role": .string(ref.role), "name": .string(ref.name)]
        }
        var members: JSONObject = [
            "format": "ai", "snapshot": .string(snapshot.text), "truncated": .bool(snapshot.isTruncated),
            "refs": .object(refs),
            "stats": [
                "lines": .integer(Int64(snapshot.lineCount)), "chars": .integer(Int64(snapshot.text.count)),
                "refs": .integer(Int64(snapshot.names.count)),
            ],
        ]
        if try arguments.flag("labels") {
            let (file, labels) = try await labelled(tab, .png)
            members["labels"] = true
            members["labelsCount"] = .integer(Int64(labels.places.count))
            members["labelsSkipped"] = .integer(Int64(labels.skipped))
            members["imagePath"] = .string(file)
            members["imageType"] = "png"
        }
        return browser.refreshed(tab).answer(members)
    }

    /// The most that is read of one document, so that a page cannot use up the gateway's memory.
    private static let entryLimit = 200_000

    /// The part of the page that `selector` and `frame` mean, of each document at most `limit` entries; without them all of it.
    private func tree(_ arguments: Arguments, _ tab: Tab, _ limit: Int) async throws -> AccessibilityTree {
        let (selector, frame) = (try arguments.text("selector"), try arguments.text("frame"))
        let group = browser.nextGroup()
        guard selector != nil || frame != nil else {
            return try await AccessibilityTree(
                of: FrameID(tab.info.id.text), limit: limit, group: group, in: browser.targets)
        }
        let search = try await browser.search(in: tab, frame: frame)
        var node: Int64?
        if let selector {
            node = try await search.node(selector)
            guard node != nil else { throw BrowserFault(404, "no element matches \(selector)") }
        }
        return try await AccessibilityTree(
            of: search.frame.info.id, node: node, limit: limit, group: group, in: browser.targets)
    }

    private func list(_ tree: AccessibilityTree, _ limit: Int, _ tab: Tab) async throws -> BrowserAnswer {
        let entries = tree.entries.prefix(limit)
        let ids = try await PageNode.ids(of: entries.map(\.node), over: browser.connection)
        var nodes: [JSON] = []
        var refs: [String: ElementRef] = [:]
        var names: [String] = []
        for (entry, id) in zip(entries, ids) {
            let (name, content) = ("ax\(nodes.count + 1)", entry.content)
            var node: JSONObject = [
                "ref": .string(name), "role": .string(content.role), "name": .string(content.name),
                "depth": .integer(Int64(content.depth)),
            ]
            node["value"] = content.value.map(JSON.string)
            node["description"] = content.description.map(JSON.string)
            if let id {
                node["backendDOMNodeId"] = .integer(id)
                refs[name] = ElementRef(
                    session: entry.session, node: .known(id), role: content.role, name: content.name)
                names.append(name)
            }
            nodes.append(.object(node))
        }
        await browser.keep(refs, names, in: tree.lists, of: tab)
        return browser.refreshed(tab).answer(["format": "aria", "nodes": .array(nodes)])
    }

    // MARK: Pictures and documents

    /// A picture of what is seen, of the whole page, or of an element.
    func screenshot(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        guard let format = PageDomain.CaptureScreenshot.Format(rawValue: try arguments.text("type") ?? "png") else {
            throw BrowserFault(400, "type can be png or jpeg")
        }
        let isWhole = try arguments.flag("fullPage")
        let ref = try arguments.text("ref")
        let selector = try arguments.text("element")
        guard !isWhole || ref == nil && selector == nil else {
            throw BrowserFault(400, "fullPage is not possible with an element")
        }
        if try arguments.flag("labels") {
            guard !isWhole, ref == nil, selector == nil else {
                throw BrowserFault(400, "labels are drawn over what is seen, and not with fullPage or an element")
            }
            let (file, labels) = try await labelled(tab, format)
            return browser.refreshed(tab).answer([
                "path": .string(file), "labelsCount": .integer(Int64(labels.places.count)),
                "labelsSkipped": .integer(Int64(labels.skipped)),
            ])
        }
        var clip: Rectangle?
        if let ref {
            clip = try await part(of: Element(named: ref, of: tab, in: browser), tab)
        } else if let selector {
            let search = try await browser.search(in: tab, frame: arguments.text("frame"))
            guard let node = try await search.node(selector) else {
                throw BrowserFault(404, "no element matches \(selector)")
            }
            clip = try await part(of: Element(node, matching: selector, in: search), tab)
        } else if isWhole {
            let metrics = try await tab.session.send(PageDomain.GetLayoutMetrics())
            clip = metrics.content
        }
        return browser.refreshed(tab).answer(["path": .string(try await picture(tab, format, clip))])
    }

    /// Takes a picture, and returns where it is.
    private func picture(
        _ tab: Tab, _ format: PageDomain.CaptureScreenshot.Format, _ clip: Rectangle? = nil
    ) async throws -> String {
        let data = try await tab.session.send(
            PageDomain.CaptureScreenshot(format: format, quality: format == .jpeg ? 85 : nil, clip: clip))
        let file = try MediaFile(in: settings.stateDirectory, extension: format.rawValue)
        try file.write(Self.decoded(data))
        return file.path
    }

    /// A picture of what is seen, with the names of the latest snapshot.
    private func labelled(
        _ tab: Tab, _ format: PageDomain.CaptureScreenshot.Format
    ) async throws -> (path: String, labels: Labels) {
        let (refs, names) = browser.kept(of: tab)
        guard !names.isEmpty, let frame = browser.targets.frames(of: tab.info.id).first else {
            throw BrowserFault(404, "there are no refs to draw; run a snapshot first")
        }
        let labels = try await Labels(names, refs, on: tab.info.id, tab.session, in: browser.targets)
        let path = try await labels.drawn(over: frame.info.id, tab.session) { try await picture(tab, format) }
        return (path, labels)
    }

    /// Where `element` is on the page.
    private func part(of element: Element, _ tab: Tab) async throws -> Rectangle {
        var place = try await element.place()
        let corner = try await FramePlace(of: tab.info.id, in: browser.targets).corner(
            of: element.ref.session)
        let visible = try await tab.session.send(PageDomain.GetLayoutMetrics()).visible
        place.x += corner.x + visible.x
        place.y += corner.y + visible.y
        return place
    }

    /// The page as it would be printed.
    func pdf(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        let stream = try await tab.session.send(PageDomain.PrintToPDF())
        let file = try MediaFile(in: settings.stateDirectory, extension: "pdf")
        while true {
            let piece = try await tab.session.send(IODomain.Read(stream))
            try file.write(piece.isBase64 ? Self.decoded(piece.data) : Array(piece.data.utf8))
            if piece.isLast { break }
        }
        try await tab.session.send(IODomain.Close(stream))
        return browser.refreshed(tab).answer(["path": .string(file.path)])
    }

    private static func decoded(_ text: String) throws(BrowserFault) -> [UInt8] {
        guard let bytes = Base64URL.bytes(text) else {
            throw BrowserFault(500, "the browser sent a picture or document that is no base 64")
        }
        return bytes
    }

    // MARK: What a page did

    /// What was seen of `kind`, under the name `name`.
    func records(_ kind: PageWatch.Kind, as name: String, _ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        var records = tab.watch.records(kind, clears: try arguments.flag("clear"))
        if let level = try arguments.text("level") { records = records.filter { $0["type"]?.string == level } }
        if let part = try arguments.text("filter") {
            records = records.filter { $0["url"]?.string?.contains(part) ?? false }
        }
        return tab.answer([name: .array(records.map(JSON.object))])
    }

    /// What the next dialog is answered.
    func answerDialog(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        guard let accepts = try arguments.optionalFlag("accept") else { throw BrowserFault(400, "accept is required") }
        tab.watch.answerNextDialog(
            PageDomain.HandleJavaScriptDialog(accepts: accepts, text: try arguments.text("promptText")))
        return tab.answer()
    }

    // MARK: What a page keeps

    /// The cookies that its requests carry.
    func cookies(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        return tab.answer(["cookies": .array(try await tab.session.send(NetworkDomain.GetCookies()))])
    }

    /// Sets one.
    func setCookie(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        guard var cookie = arguments["cookie"]?.object, cookie["name"]?.string != nil, cookie["value"]?.string != nil
        else { throw BrowserFault(400, "cookie must be an object with name and value") }
        if cookie["url"] == nil, cookie["domain"] == nil { cookie["url"] = .string(tab.info.url) }
        guard try await tab.session.send(NetworkDomain.SetCookie(cookie)) else {
            throw BrowserFault(400, "the browser did not take the cookie")
        }
        return tab.answer()
    }

    /// Forgets all, of all sites.
    func clearCookies(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        try await tab.session.send(NetworkDomain.ClearBrowserCookies())
        return tab.answer()
    }

    private static func storage(_ kind: String) throws(BrowserFault) -> String {
        switch kind {
        case "local": "localStorage"
        case "session": "sessionStorage"
        default: throw BrowserFault(400, "storage can be local or session")
        }
    }

    /// What the page's site keeps.
    func storage(_ kind: String, _ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        let values = try await tab.value("Object.fromEntries(Object.entries(\(Self.storage(kind))))")
        guard let key = try arguments.text("key") else { return tab.answer(["values": values]) }
        return tab.answer(["values": [key: values[key] ?? .null]])
    }

    /// Keeps something, or forgets everything.
    func changeStorage(_ kind: String, _ action: String, _ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        let storage = try Self.storage(kind)
        switch action {
        case "set":
            let (key, value) = (try arguments.requiredText("key"), try arguments.text("value") ?? "")
            _ = try await tab.value("\(storage).setItem(\(JSON.string(key).text()), \(JSON.string(value).text()))")
        case "clear": _ = try await tab.value("\(storage).clear()")
        default: throw BrowserFault(404, "storage can be set or cleared")
        }
        return tab.answer()
    }
}

extension Element {
    /// The element that the latest snapshot of `tab` called `name`. Throws `BrowserFault` when it called none so and when its
    /// document is gone, and `DevToolsError`.
    init(named name: String, of tab: Tab, in browser: RunningBrowser) async throws {
        let ref = try browser.element(name, of: tab)
        do {
            let node = try await ref.node.id(over: browser.connection)
            self.init(ref: ref, node: node, name: name, session: browser.connection.session(ref.session))
        } catch DevToolsError.refused, DevToolsError.sessionEnded {
            throw BrowserFault(
                404, "the page of \"\(name)\" (\(ref.role) \"\(ref.name)\") is gone. Run a new snapshot.")
        }
    }

    /// The element `node`, which `search` found by `selector`.
    init(_ node: Int64, matching selector: String, in search: ElementSearch) {
        let ref = ElementRef(
            session: search.frame.session, node: .known(node), role: "element", name: selector)
        self.init(ref: ref, node: node, name: selector, session: search.session)
    }
}
