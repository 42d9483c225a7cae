import DevTools
import JSON

/// What is done on a page.
struct ActRoutes: Sendable {
    let browser: RunningBrowser
    let transfers: TransferRoutes

    init(_ transfers: TransferRoutes) {
        browser = transfers.browser
        self.transfers = transfers
    }

    private var mayEvaluate: Bool { transfers.settings.mayEvaluate }

    /// Does what `kind` says.
    func act(_ arguments: Arguments) async throws -> BrowserAnswer {
        let kind = try arguments.requiredText("kind")
        let tab = try await browser.tab(arguments.text("targetId"))
        func element(_ name: String = "ref") async throws -> Element {
            try await Element(named: arguments.requiredText(name), of: tab, in: browser)
        }
        var told: JSONObject = [:]
        switch kind {
        case "click": try await click(element(), arguments)
        case "type": try await write(into: element(), arguments)
        case "press": try await KeyPress(arguments.requiredText("key")).press(in: tab.session)
        case "hover": try await element().hover()
        case "scrollIntoView": try await element().scrollIntoView()
        case "drag": try await element("startRef").drag(to: element("endRef"))
        case "select": told["selected"] = try await element().select(arguments.texts("values"))
        case "fill": try await fill(arguments, tab)
        case "resize":
            guard let width = try arguments.number("width", in: 1...10_000),
                let height = try arguments.number("height", in: 1...10_000)
            else { throw BrowserFault(400, "width and height are required") }
            try await tab.session.send(
                EmulationDomain.SetDeviceMetricsOverride(width: Int64(width), height: Int64(height)))
        case "wait": try await WaitRoute(tab, browser, mayEvaluate: mayEvaluate).wait(arguments)
        case "evaluate": told["result"] = try await evaluate(arguments, tab)
        case "upload": return try await transfers.upload(arguments, tab)
        case "download": return try await transfers.download(arguments)
        case "close": return try await TabRoutes(browser).close(tab.info.id.text)
        default:
            throw BrowserFault(
                400,
                "kind can be click, type, press, hover, scrollIntoView, drag, select, fill, resize, wait, evaluate, upload, "
                    + "download or close, and is \"\(kind)\"")
        }
        return browser.refreshed(tab).answer(told)
    }

    private func click(_ element: Element, _ arguments: Arguments) async throws {
        guard let button = InputDomain.MouseButton(rawValue: try arguments.text("button") ?? "left"), button != .none
        else { throw BrowserFault(400, "button can be left, middle or right") }
        let modifiers = try KeyPress.modifiers(arguments.texts("modifiers"))
        try await element.click(button, count: try arguments.flag("doubleClick") ? 2 : 1, holding: modifiers)
    }

    private func write(into element: Element, _ arguments: Arguments) async throws {
        guard let text = arguments["text"]?.string else { throw BrowserFault(400, "text is required") }
        if try arguments.flag("slowly") {
            try await element.focus()
            for character in text { try await KeyPress.write(character, in: element.session) }
        } else {
            try await element.fill(text)
        }
        if try arguments.flag("submit") { try await KeyPress("Enter").press(in: element.session) }
    }

    private func fill(_ arguments: Arguments, _ tab: Tab) async throws {
        let fields = try arguments.objects("fields")
        guard !fields.isEmpty else { throw BrowserFault(400, "fields are required") }
        for field in fields {
            let element = try await Element(named: field.requiredText("ref"), of: tab, in: browser)
            switch (try field.text("type") ?? "text", field["value"]) {
            case ("checkbox", let value), ("radio", let value):
                guard let isOn = value?.bool ?? value?.string.map({ $0 == "true" }) else {
                    throw BrowserFault(400, "the value of \"\(element.name)\" must be true or false")
                }
                try await element.check(isOn)
            case (_, .string(let text)?): try await element.fill(text)
            case (_, .integer(let number)?): try await element.fill("\(number)")
            case (_, .double(let number)?): try await element.fill("\(number)")
            default: throw BrowserFault(400, "the value of \"\(element.name)\" must be text or a number")
            }
        }
    }

    private func evaluate(_ arguments: Arguments, _ tab: Tab) async throws -> JSON {
        guard mayEvaluate else {
            throw BrowserFault(
                403, "scripts are not run in pages; set browser.evaluateEnabled to true to have them run")
        }
        let function = try arguments.requiredText("fn")
        if let ref = try arguments.text("ref") {
            let element = try await Element(named: ref, of: tab, in: browser)
            return try await element.call("function() { const f = (\(function)); return f(this); }") ?? .null
        }
        let result = try await tab.session.send(
            RuntimeDomain.Evaluate("(() => { const f = (\(function)); return typeof f === 'function' ? f() : f; })()"))
        switch result {
        case .value(let object): return object.value ?? .null
        case .exception(let text): throw BrowserFault(400, "the script threw: \(text)")
        }
    }
}

extension KeyPress {
    /// Writes `character` as a key does; one that is on no key as an input method does.
    static func write(_ character: Character, in session: DevToolsSession) async throws {
        switch character {
        case "\n", "\r\n": try await KeyPress("Enter").press(in: session)
        case "\t": try await KeyPress("Tab").press(in: session)
        case " ": try await KeyPress("Space").press(in: session)
        default:
            guard character.isASCII else { return try await session.send(InputDomain.InsertText(String(character))) }
            try await KeyPress(String(character)).press(in: session)
        }
    }
}
