import Browser
import Foundation
import Glibc
import JSON
import PageServer
import Testing

/// Snapshots of parts of pages, frames of other sites, and pictures with names.
@Suite(
    .serialized, SharedBrowser(), .timeLimit(.minutes(3)),
    .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct SnapshotPartTests {
    @Test func `a part of a page is read alone`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post(
            "/navigate",
            [
                "url": TestBrowser.page(
                    """
                    <nav><a href=#x>Home</a></nav><div id=plain><span><b><a href=#1 onclick="this.textContent = 'Clicked'">Inner</a></b></span></div>
                    <ul id=list><li>One<li>Two</ul><div id=empty></div><div id=hidden style='display:none'>no</div>
                    """)
            ])
        func text(_ selector: String, _ query: [String: String] = [:]) async throws -> String? {
            try await browser.get("/snapshot", query.merging(["selector": selector]) { $1 })["snapshot"]?.string
        }
        try await #expect(text("nav") == "- navigation\n  - link \"Home\" [ref=e1]")
        // An element that a screen reader passes over is what is in it.
        try await #expect(text("#plain") == "- link \"Inner\" [ref=e1]")
        let list = try #require(await text("#list"))
        #expect(list.hasPrefix("- list") && list.contains("text: One") && !list.contains("Home"), "\(list)")
        for selector in ["#empty", "#hidden"] { try await #expect(text(selector) == "") }
        let whole = try #require(await browser.get("/snapshot")["snapshot"]?.string)
        #expect(whole.contains("Home") && whole.contains("Inner"))
        let ref = try await browser.get("/snapshot", ["selector": "#plain"])["refs"]?.object?.members.first?.name
        #expect(ref == "e1")
        try await browser.post("/act", ["kind": "click", "ref": "e1"])
        try await browser.post("/act", ["kind": "wait", "text": "Clicked", "timeoutMs": 5000])
        let nodes = try await browser.get("/snapshot", ["selector": "nav", "format": "aria"])["nodes"]?.array
        #expect(nodes?.first?["role"] == "navigation" && nodes?.first?["depth"] == 0)
        for (selector, status) in [("#nowhere", 404), ("a[", 400)] {
            let answer = await browser.ask("GET", "/snapshot", query: ["selector": selector])
            #expect(answer.status == status)
        }
    }

    @Test func `a frame is read and acted on, whatever process it is in`() async throws {
        let browser = try await SharedBrowser.fresh()
        let server = try await PageServer.start([
            "/": .init(
                body: """
                    <body style='margin:0'><h1>Outer</h1><iframe id=near src='/near' style='border:9px solid'></iframe>
                    <iframe id=far style='position:absolute;left:150px;top:200px;border:7px solid'
                        src='http://localhost:PORT/far'></iframe>
                    """),
            "/near": .init(body: "<button onclick='this.textContent = \"Done\"'>Near</button>"),
            "/far": .init(
                body: """
                    <body style='margin:20px'><button style='width:90px;height:40px'
                        onclick='this.textContent = "Clicked"'>Far</button>
                    <iframe src='http://127.0.0.1:PORT/near' id=inner></iframe>
                    """),
        ])
        try await browser.post("/navigate", ["url": .string(server.url("/"))])
        func snapshot(_ frame: String?, _ selector: String? = nil) async throws -> JSON {
            var query: [String: String] = [:]
            query["frame"] = frame
            query["selector"] = selector
            return try await browser.get("/snapshot", query)
        }
        try await #expect(snapshot("#near")["snapshot"] == "- button \"Near\" [ref=e1]")
        try await browser.post("/act", ["kind": "click", "ref": "e1"])
        try await #expect(snapshot("#near", "button")["snapshot"]?.string?.contains("\"Done\"") == true)
        let far = try #require(try await snapshot("#far")["snapshot"]?.string)
        #expect(far.hasPrefix("- button \"Far\" [ref=e1]") && far.contains("\"Near\""), "\(far)")
        #expect(!far.contains("Outer"))
        try await browser.post("/act", ["kind": "click", "ref": "e1"])
        try await #expect(snapshot("#far", "button")["snapshot"]?.string?.contains("\"Clicked\"") == true)
        // By the name that a snapshot gave it, and a picture of an element within.
        let refs = try #require(try await snapshot(nil)["refs"]?.object?.members)
        let frames = refs.filter { $0.value["role"] == "iframe" }.map(\.name)
        try #require(frames.count == 3)
        try await #expect(snapshot(frames[1])["snapshot"]?.string?.contains("Clicked") == true)
        let picture = try await browser.post("/screenshot", ["element": "button", "frame": "#far"])
        let size = try Self.size(of: #require(picture["path"]?.string))
        #expect(size == (90, 40), "\(size)")
        #expect(await browser.ask("GET", "/snapshot", query: ["frame": "h1"]).status == 400)
        #expect(await browser.ask("GET", "/snapshot", query: ["frame": "#nowhere"]).status == 404)
        await server.stop()
    }

    @Test func `the names are drawn over a picture, also of elements in other processes, and leave nothing behind`()
        async throws
    {
        let browser = try await SharedBrowser.fresh()
        let server = try await PageServer.start([
            "/": .init(
                body: """
                    <body style='margin:0;background:white'><button style='position:absolute;left:40px;top:40px'>A</button>
                    <iframe style='position:absolute;left:100px;top:200px;border:0' src='http://localhost:PORT/far'></iframe>
                    <button style='position:absolute;top:9000px'>Below</button>
                    """,
                headers: [
                    "content-type": "text/html", "content-security-policy": "style-src 'none'; script-src 'none'",
                ]),
            "/far": .init(body: "<body style='margin:0'><button>B</button>"),
        ])
        try await browser.post("/navigate", ["url": .string(server.url("/"))])
        #expect(await browser.ask("POST", "/screenshot", ["labels": true]).status == 404)
        let plain = try await Self.file(browser.post("/screenshot"))
        let answer = try await browser.get("/snapshot", ["labels": "true", "interactive": "true"])
        let refs = answer["refs"]?.object?.members.count ?? 0
        #expect(answer["labels"] == true && answer["imageType"] == "png")
        #expect(answer["labelsCount"]?.integer ?? 0 >= 2)
        #expect((answer["labelsCount"]?.integer ?? 0) + (answer["labelsSkipped"]?.integer ?? 0) == Int64(refs))
        let path = try #require(answer["imagePath"]?.string)
        #expect(path.hasPrefix("\(browser.state)/media/browser/"))
        let labelled = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(labelled != plain)
        let again = try await Self.file(browser.post("/screenshot", ["labels": true]))
        #expect(again == labelled)
        // Taken away as if they had never been there.
        try await #expect(Self.file(browser.post("/screenshot")) == plain)
        #expect(await browser.ask("POST", "/screenshot", ["labels": true, "fullPage": true]).status == 400)
        await server.stop()
    }

    @Test func `what a page makes of its scripts' tools and of its elements' names changes nothing`() async throws {
        let browser = try await SharedBrowser.fresh()
        let fields = [
            "getAttribute", "childNodes", "firstChild", "nextSibling", "nodeType", "localName", "shadowRoot", "matches",
            "checkVisibility", "parentNode", "getRootNode",
        ]
        let page = """
            <title>Plain</title><h1>Order</h1><form>\(fields.map { "<input name=\($0) aria-label=\($0)>" }.joined())
            <button onclick='event.preventDefault(); this.textContent = "Sent"'>Send</button></form>
            <img name=querySelectorAll alt=a src=x><img name=querySelector alt=b src=x><img name=activeElement alt=c src=x>
            <form name=documentElement></form><form name=body></form><img name=defaultView alt=d src=x>
            """
        let attack = """
            <script>
            for (const name of ['map', 'filter', 'find', 'push', 'join', 'some', 'includes', 'indexOf', 'forEach'])
                Array.prototype[name] = () => { throw new Error(name) };
            Array.prototype[Symbol.iterator] = () => { throw new Error('iterator') };
            Element.prototype.getAttribute = Element.prototype.matches = () => 'forged';
            Object.defineProperty(Node.prototype, 'nodeType', { get() { return 99 } });
            Object.defineProperty(Element.prototype, 'localName', { get() { return 'forged' } });
            Function.prototype.call = Function.prototype.bind = Function.prototype.apply = () => 'forged';
            String.prototype.replace = String.prototype.split = String.prototype.trim = () => 'forged';
            JSON.stringify = () => '[0,[0,"button","forged"]]';
            Map = Set = class { constructor() { throw new Error('Map') } };
            getComputedStyle = () => ({ display: 'none', visibility: 'hidden' });
            Document.prototype.querySelector = Document.prototype.querySelectorAll = () => null;
            </script>
            """
        func text(_ page: String) async throws -> String? {
            try await browser.post("/navigate", ["url": TestBrowser.page(page)])
            return try await browser.get("/snapshot")["snapshot"]?.string
        }
        let plain = try #require(await text(page))
        #expect(plain.contains("- textbox \"nodeType\"") && plain.contains("- button \"Send\""), "\(plain)")
        let attacked = try await text(page + attack)
        #expect(attacked == plain)
        try await #expect(
            browser.get("/snapshot", ["selector": "h1"])["snapshot"]?.string?.hasPrefix("- heading") == true)
        let ref = try await browser.ref("button", "Send")
        try await browser.post("/act", ["kind": "click", "ref": .string(ref)])
        try await #expect(browser.get("/snapshot")["snapshot"]?.string?.contains("- button \"Sent\"") == true)
    }

    @Test func `a name means the element that it was given to, wherever that is now`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post(
            "/navigate",
            [
                "url": TestBrowser.page(
                    """
                    <div id=d><button onclick="d.append(d.children[1]); d.prepend(document.createElement('hr'))">First</button>
                    <button onclick="document.title = 'two'">Second</button>
                    <button onclick="document.title = 'three'">Third</button></div>
                    """)
            ])
        let (first, second) = (try await browser.ref("button", "First"), try await browser.ref("button", "Second"))
        let third = try await browser.ref("button", "Third")
        try await browser.post("/act", ["kind": "click", "ref": .string(first)])
        for (ref, title) in [(second, "two"), (third, "three")] {
            try await browser.post("/act", ["kind": "click", "ref": .string(ref)])
            let tabs = try await browser.get("/tabs")["tabs"]?.array
            #expect(tabs?.last?["title"]?.string == title)
        }
        // In the list of nodes each has the id that it keeps.
        let nodes = try await browser.get("/snapshot", ["format": "aria"])["nodes"]?.array ?? []
        let ids = nodes.compactMap { $0["backendDOMNodeId"]?.integer }
        #expect(ids.count == nodes.count && Set(ids).count == ids.count)
    }

    @Test func `trees that scripts are not shown are read and acted on`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post(
            "/navigate",
            [
                "url": TestBrowser.page(
                    """
                    <x-outer></x-outer><script>
                    const make = (host, html) => { const root = host.attachShadow({ mode: 'closed' });
                        root.innerHTML = html; return root };
                    const root = make(document.querySelector('x-outer'), '<p>outer</p><x-inner></x-inner>');
                    make(root.querySelector('x-inner'), '<button>Inner</button>').querySelector('button').onclick =
                        () => { document.title = 'clicked' };
                    </script>
                    """)
            ])
        let text = try await browser.get("/snapshot")["snapshot"]?.string
        #expect(text == "- paragraph\n  - text: outer\n- button \"Inner\" [ref=e1]")
        try await browser.post("/act", ["kind": "click", "ref": "e1"])
        try await #expect(browser.get("/tabs")["tabs"]?.array?.last?["title"] == "clicked")
    }

    @Test func `frames are read that run no scripts, and that are passed over themselves`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post(
            "/navigate",
            [
                "url": TestBrowser.page(
                    """
                    <iframe sandbox srcdoc="<button>Still</button>"></iframe>
                    <iframe role=none srcdoc="<button>Passed</button>"></iframe>
                    <iframe aria-hidden=true srcdoc="<button>Hidden</button>"></iframe>
                    """)
            ])
        let text = try #require(await browser.get("/snapshot")["snapshot"]?.string)
        #expect(text == "- iframe [ref=e1]\n  - button \"Still\" [ref=e2]\n- button \"Passed\" [ref=e3]", "\(text)")
    }

    @Test func `a page that is nested deeper than anybody reads is read as far as that`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post(
            "/navigate",
            [
                "url": TestBrowser.page(
                    """
                    <button>Above</button><script>
                    let at = document.body;
                    for (let depth = 0; depth < 1200; depth++) at = at.appendChild(document.createElement('div'));
                    at.innerHTML = '<button>Below</button>';
                    </script>
                    """)
            ])
        let text = try await browser.get("/snapshot")["snapshot"]?.string
        #expect(text == "- button \"Above\" [ref=e1]")
    }

    @Test func `fields that have parts of their own are filled as a whole`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post(
            "/navigate",
            [
                "url": TestBrowser.page(
                    """
                    <form onchange="out.textContent = [...this.elements].map(e => e.value).join('|')">
                    <input type=date aria-label=Day><input type=time aria-label=Time><input type=color aria-label=Color>
                    <input type=range aria-label=Range></form><p id=out></p>
                    """)
            ])
        let values = [("textbox", "Day", "2026-02-28"), ("textbox", "Time", "08:30"), ("textbox", "Color", "#FF4500")]
        for (role, name, value) in values + [("slider", "Range", "70")] {
            let ref = try await browser.ref(role, name)
            try await browser.post("/act", ["kind": "type", "ref": .string(ref), "text": .string(value)])
        }
        let text = try await browser.get("/snapshot")["snapshot"]?.string
        #expect(text?.contains("2026-02-28|08:30|#ff4500|70") == true, "\(text ?? "")")
        let day = try await browser.ref("textbox", "Day")
        let refused = await browser.ask("POST", "/act", ["kind": "type", "ref": .string(day), "text": "tomorrow"])
        #expect(refused.status == 400 && refused.body["error"]?.string?.contains("2026-01-31") == true)
    }

    private static func file(_ answer: JSON) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: #require(answer["path"]?.string)))
    }

    /// The width and height that a PNG file tells of itself.
    private static func size(of path: String) throws -> (Int, Int) {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        func number(at offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        return (number(at: 16), number(at: 20))
    }

    @Test func `efficient snapshots are short, also when a request does not say so`() async throws {
        let browser = try await SharedBrowser.fresh()
        let rows = (1...900).map { "<p>Text \($0)<a href='#\($0)'>Item \($0)</a>" }.joined()
        try await browser.post("/navigate", ["url": TestBrowser.page(rows)])
        let short = try await browser.get("/snapshot", ["mode": "efficient"])
        #expect(short["truncated"] == true && short["snapshot"]?.string?.count ?? 10_001 <= 10_000)
        #expect(short["snapshot"]?.string?.contains("Text") == false)
        let longer = try await browser.get("/snapshot", ["mode": "efficient", "maxChars": "20000"])
        #expect(longer["snapshot"]?.string?.count ?? 0 > 10_000)
        try await #expect(browser.get("/snapshot")["snapshot"]?.string?.contains("Text 900") == true)
    }
}
